import { pino } from 'pino'
import type { Config } from '../config.ts'
import type { Log } from '../core/ports.ts'
import { Concealer } from '../lib/concealer.ts'
import { present } from '../lib/present.ts'

/** What terminals obey or show wrongly and JSON leaves as it is: C1, DEL, line separators, marks of direction and of no width. */
const unseen = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g

/**
 * The server's own log: a line of JSON each, on standard error, control characters escaped (S17), and no secret in it
 * (S07, S18): neither one that it was told of nor what looks like one.
 */
export function createLog({
  logLevel,
  apiKey,
  token,
}: Pick<Config, 'logLevel'> & Partial<Pick<Config, 'apiKey' | 'token'>>): Log {
  const concealer = new Concealer()
  for (const secret of [apiKey, token]) if (secret) concealer.add(secret.reveal())
  const out = pino.destination(2)
  const write = (line: string): void => void out.write(concealer.conceal(line).replace(unseen, escaped))
  const logger = pino({ level: logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime }, { write })
  const debug: Log['debug'] = (message, fields) => logger.debug(fields ?? {}, message)
  return {
    info: (message, fields) => logger.info(fields ?? {}, message),
    warn: (message, fields) => logger.warn(fields ?? {}, message),
    error: (message, fields) => logger.error(fields ?? {}, message),
    conceal: secret => concealer.add(secret),
    ...present({ debug: logger.isLevelEnabled('debug') ? debug : undefined }),
  }
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
