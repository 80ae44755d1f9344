// The log as the command line asks for it.
import { createLog, type Log, logLevels } from '../process/log.ts';
import { UsageError } from './usage-error.ts';

/**
 * @param text --log-level; undefined: LOG_LEVEL, or info.
 * @throws {UsageError} when either is no level.
 */
export function openLog(text: string | undefined): Log {
  const level = logLevels.find((name) => name === text);
  if (text !== undefined && level === undefined) {
    throw new UsageError(`--log-level "${text}": use one of ${logLevels.join(', ')}`);
  }
  try {
    return createLog(level === undefined ? {} : { level });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
