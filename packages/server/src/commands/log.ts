import { pino } from 'pino'
import type { Config } from '../config.ts'
import type { Log } from '../core/ports.ts'

/** The server's own log: a line of JSON each, on standard error, control characters escaped (S17). */
export function createLog(level: Config['logLevel']): Log {
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2))
  return {
    info: (message, fields) => logger.info(fields ?? {}, message),
    warn: (message, fields) => logger.warn(fields ?? {}, message),
    error: (message, fields) => logger.error(fields ?? {}, message),
  }
}
