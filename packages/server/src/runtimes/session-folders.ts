import { chown, mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { SessionId } from '@openhands/protocol'
import { RuntimeError } from '../core/ports.ts'
import type { SandboxUser } from './sandbox-user.ts'

/** What a session keeps on the host besides its workspace. */
export interface KeptFolders {
  /** The home folder of the user inside. */
  readonly home: string
  /** What the executor keeps: the shell's variables and folder, checkpoints. */
  readonly state: string
}

/** The folders that outlive a session's sandboxes, as its workspace does. */
export class SessionFolders {
  readonly #parent: string

  constructor(parent: string) {
    this.#parent = parent
  }

  /** Makes them for `user`, or for the server's own. Throws `RuntimeError` when they belong to another one already. */
  async open(session: SessionId, user: SandboxUser | undefined): Promise<KeptFolders> {
    const folder = join(this.#parent, session)
    const [home, state] = [join(folder, 'home'), join(folder, 'state')]
    for (const path of [home, state]) {
      await mkdir(path, { recursive: true, mode: 0o700 })
      if (user === undefined) continue
      const { uid } = await stat(path)
      if (uid === process.geteuid?.()) await chown(path, user.uid, user.gid)
      else if (uid !== user.uid) throw new RuntimeError('unavailable', foreign(path, uid, user))
    }
    return { home, state }
  }

  async remove(session: SessionId): Promise<void> {
    await rm(join(this.#parent, session), { recursive: true, force: true })
  }
}

function foreign(path: string, uid: number, user: SandboxUser): string {
  const remedy = `chown -R ${user.uid}:${user.gid} ${path}`
  return `${path} belongs to the user ${uid}, but the workspace now to ${user.uid}; give it to the same one: ${remedy}`
}
