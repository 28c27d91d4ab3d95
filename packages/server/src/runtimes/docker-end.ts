import type { DockerClient } from './docker-client.ts'
import { EngineError } from './docker-http.ts'
import type { ContainerProcess } from './docker-process.ts'
import { endAll } from './end-all.ts'
import { readProc } from './executor/processes.ts'

/**
 * Ends what runs in a container and removes it; resolves when nothing runs any more. Where the engine itself is gone,
 * its first process is killed without it, if this machine has it, and the rest is left to `Docker.reap`.
 */
export async function endContainer(client: DockerClient, id: string, process: ContainerProcess): Promise<void> {
  process.close()
  try {
    await client.remove(id)
  } catch (error) {
    // The kernel ends every process of a container with its first one. The numbers are only good on the engine's machine.
    const isHere = (): boolean => readProc(`${process.pid}/cgroup`)?.includes(id) === true
    if (error instanceof EngineError || !isHere()) throw error
    await endAll(() => (isHere() ? [process.pid] : []))
  }
  await process.ended
}
