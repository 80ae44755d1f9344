// Points in time as users write them: RFC 3339, the format of Kubernetes.

/** But for the 29th of February, which years may not have. The format date-time of the API server takes offsets of 99 hours. */
export const timePattern =
  '^[0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|[12][0-9]))' +
  '[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]+)?([Zz]|[-+]([01][0-9]|2[0-3]):[0-5][0-9])$';

/** Whether Date.parse reads the text as it is meant. */
export function isTime(text: string): boolean {
  if (!new RegExp(timePattern).test(text)) return false;
  const [year = 0, month = 0, day = 0] = text.slice(0, 10).split('-').map(Number);
  return day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}
