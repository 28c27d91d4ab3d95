import { text } from 'node:stream/consumers'
import { ConfigError, type ParsedConfig } from '../config.ts'
import type { Secrets } from '../core/ports.ts'
import { messageOf } from '../lib/errors.ts'
import { Secret } from '../lib/secret.ts'
import { lockDataDir } from '../stores/data-dir-lock.ts'
import { openSecretStore } from '../stores/secret-store.ts'

const usage = 'use: openhands secret list | openhands secret set NAME <FILE | openhands secret delete NAME'

/**
 * Keeps, lists and deletes the secrets that the proxy adds for hosts. A value comes by standard input only, so that no
 * list of processes and no shell's history has it. Resolves to the exit code.
 */
export async function secret({ config, positionals }: ParsedConfig): Promise<number> {
  await using _ = await lockDataDir(config.dataDir)
  return await carryOut(await openSecretStore(config.dataDir), positionals)
}

async function carryOut(secrets: Secrets, [verb, name, ...more]: readonly string[]): Promise<number> {
  if (more.length > 0) throw new ConfigError(usage)
  if (verb === 'list' && name === undefined) {
    for (const each of secrets.names()) process.stdout.write(`${each}\n`)
    return 0
  }
  if (verb === 'set' && name !== undefined) {
    const value = (await text(process.stdin)).replace(/\r?\n$/, '')
    await secrets.set(name, new Secret(value)).catch(error => {
      throw new ConfigError(messageOf(error))
    })
    process.stdout.write(`The secret ${name} is kept.\n`)
    return 0
  }
  if (verb === 'delete' && name !== undefined) {
    const existed = await secrets.delete(name)
    process.stdout.write(existed ? `The secret ${name} is deleted.\n` : `There is no secret ${name}.\n`)
    return existed ? 0 : 1
  }
  throw new ConfigError(usage)
}
