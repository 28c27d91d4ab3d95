import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { access, open, readdir, stat } from 'node:fs/promises'
import { RuntimeError } from '../core/ports.ts'

/** Whom the programs of a sandbox run as on the host. */
export interface SandboxUser {
  readonly uid: number
  readonly gid: number
}

/** Ids from here on belong to nobody: neither to people, nor to services, nor to containers. */
const firstId = 0x70000000
const idCount = 0x0ffffff0

/**
 * The user for a session's workspace. A server that is an ordinary user has only itself. One that is root takes the
 * folder's owner, and where that is root too, an id of the session's own, which then is given the folder: only the
 * folder itself and only while it is empty. Throws `RuntimeError` of kind `unavailable` otherwise.
 */
export async function sandboxUser(directory: string, session: string): Promise<SandboxUser | undefined> {
  if (process.geteuid?.() !== 0) {
    await access(directory, constants.R_OK | constants.W_OK | constants.X_OK).catch(error => {
      const remedy = `let the user that runs the server (id ${process.geteuid?.()}) write it`
      throw new RuntimeError('unavailable', `The workspace ${directory} cannot be written; ${remedy}.`, {
        cause: error,
      })
    })
    return undefined
  }
  const { uid, gid } = await stat(directory)
  if (uid !== 0) return { uid, gid: gid === 0 ? uid : gid }
  const own = ownId(session)
  if ((await readdir(directory)).length > 0) {
    const reason = `The workspace ${directory} belongs to root and is not empty, and a sandbox never runs as root`
    throw new RuntimeError('unavailable', `${reason}; give it to a user, as in: chown -R 1000:1000 ${directory}`)
  }
  await using folder = await open(directory, constants.O_DIRECTORY | constants.O_NOFOLLOW)
  await folder.chown(own, own).catch(error => {
    // A name space of users has few ids, and in many containers root has no rights.
    const reason = `Root cannot give the workspace ${directory} to a user of its own here, as in many containers`
    throw new RuntimeError('unavailable', `${reason}; run the server as an ordinary user.`, { cause: error })
  })
  return { uid: own, gid: own }
}

function ownId(session: string): number {
  return firstId + (createHash('sha256').update(session).digest().readUInt32BE() % idCount)
}
