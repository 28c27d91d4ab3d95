import { join } from 'node:path'
import * as z from 'zod'
import { readSecret } from '../access/secret-file.ts'
import { ConfigError, type ParsedConfig } from '../config.ts'
import { messageOf } from '../lib/errors.ts'
import { serverAddress } from '../stores/data-dir-lock.ts'

const Issued = z.object({ code: z.string() })

/**
 * Asks the running server for a code and prints the link that logs a browser in, once and within a minute. Whoever may
 * read the token may do this; the token itself is not shown. Resolves to the exit code.
 */
export async function login({ config }: ParsedConfig): Promise<number> {
  const address = serverAddress(config.dataDir)
  if (address === undefined) throw new ConfigError(`No server runs on ${config.dataDir}. Start one, or say --data-dir.`)
  const token = config.token?.reveal() ?? (await readSecret(join(config.dataDir, 'token')))
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const answer = await fetch(`${address}/api/login/codes`, { method: 'POST', headers }).catch(error => {
    throw new ConfigError(`The server at ${address} does not answer: ${messageOf(error)}.`)
  })
  if (!answer.ok) throw new ConfigError(`The server at ${address} gives no code (${answer.status}).`)
  const { code } = Issued.parse(await answer.json())
  process.stdout.write(`${loginLink(address, code)}\n`)
  return 0
}

/** In the fragment, which browsers send to nobody (S07). */
export function loginLink(address: string, code: string): string {
  return `${address}/#code=${code}`
}
