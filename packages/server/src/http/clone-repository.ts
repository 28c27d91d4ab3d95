import { randomBytes } from 'node:crypto'
import type { Draft, Event } from '@openhands/protocol'
import * as z from 'zod'

/** `owner/name`, neither of which is a folder's way up or an option. */
export const RepositoryName = z
  .string()
  .max(300)
  .regex(/^\w[\w.-]*\/\.{0,2}\w[\w.-]*$/, 'a repository is written owner/name')

/**
 * What brings a repository into the workspace and gives the agent a branch of its own there (wire B3): a command of the
 * user's, seen by everybody, that goes the way of every command. It ends in the repository's folder.
 */
export function cloning(host: string, repository: string): Draft<Extract<Event, { action: 'run' }>> {
  const name = repository.slice(repository.indexOf('/') + 1)
  const branch = `openhands-workspace-${randomBytes(4).toString('hex')}`
  const command = `git clone -- '${host}/${repository}.git' '${name}' && cd -- '${name}' && git checkout -b ${branch}`
  return { action: 'run', source: 'user', args: { ...asTyped, command } }
}

const asTyped = {
  is_input: false,
  thought: '',
  blocking: true,
  keep_prompt: true,
  hidden: false,
  confirmation_state: 'confirmed',
} as const
