// Fixed layouts: one list of fields in wire order serves as type, decoder and encoder, so no offset is written
// anywhere. Variable or bit-packed headers are not for this file.
import type { Reader } from './reader.ts';
import type { Writer } from './writer.ts';

export interface Field<T> {
  /** Octets on the wire. */
  readonly size: number;
  read(reader: Reader): T;
  write(writer: Writer, value: T): void;
}

export interface Struct<T> extends Field<T> {
  /** Names of the fields that carry a value, in wire order. */
  readonly names: readonly string[];
}

type Fields = Readonly<Record<string, Field<unknown>>>;

/** The record a field list describes; reserved fields are not part of it. */
export type RecordOf<F extends Fields> = {
  [K in keyof F as F[K] extends Field<undefined> ? never : K]: F[K] extends Field<infer T> ? T : never;
};

export const u8: Field<number> = {
  size: 1,
  read: (reader) => reader.u8(),
  write: (writer, value) => writer.u8(value),
};

export const u16: Field<number> = {
  size: 2,
  read: (reader) => reader.u16(),
  write: (writer, value) => writer.u16(value),
};

export const u32: Field<number> = {
  size: 4,
  read: (reader) => reader.u32(),
  write: (writer, value) => writer.u32(value),
};

/** Sent as zero, ignored when received. */
export function reserved(size: number): Field<undefined> {
  return {
    size,
    read: (reader) => reader.skip(size) as undefined,
    write: (writer) => writer.zeros(size),
  };
}

/**
 * Text in a field of fixed size, filled up with NUL. One character is one octet (ISO 8859-1), so that whatever a peer
 * sends has a value; what such an octet cannot hold is sent as '?'. Text longer than the field is cut.
 */
export function text(size: number): Field<string> {
  return {
    size,
    read: (reader) => {
      const octets = reader.bytes(size);
      const end = octets.indexOf(0);
      return String.fromCharCode(...(end < 0 ? octets : octets.subarray(0, end)));
    },
    write: (writer, value) => {
      const octets = new Uint8Array(size);
      for (const [at, character] of [...value].slice(0, size).entries()) {
        const code = character.codePointAt(0)!;
        octets[at] = code > 0xff ? 0x3f : code;
      }
      writer.bytes(octets);
    },
  };
}

export function struct<const F extends Fields>(fields: F): Struct<RecordOf<F>> {
  const list = Object.entries(fields);
  const valued = list.map(([name]) => name).filter((name) => !name.startsWith('reserved'));
  return {
    size: list.reduce((sum, [, field]) => sum + field.size, 0),
    names: valued,
    read: (reader) => {
      const record: Record<string, unknown> = {};
      for (const [name, field] of list) {
        const value = field.read(reader);
        if (value !== undefined) record[name] = value;
      }
      return record as RecordOf<F>;
    },
    write: (writer, value) => {
      for (const [name, field] of list) field.write(writer, (value as Record<string, unknown>)[name]);
    },
  };
}
