import { killAll, membersOf } from '../process-tree.ts'
import { readProcess, signal as send } from '../processes.ts'
import type { RunningCommand } from './running-command.ts'

/** How long, in milliseconds, a command has to obey an interrupt, and then how long killing it may take. */
const interruptGrace = 300
const killGrace = 300

/** Interrupts, then kills the whole tree of a command, at last the shell itself with `killShell`. */
export async function endCommand(command: RunningCommand, killShell: () => void): Promise<void> {
  const foreground = readProcess(command.shell)?.foreground
  send(command.shell, 'SIGINT')
  if (foreground !== undefined && foreground > 1 && foreground !== command.shell) send(-foreground, 'SIGINT')
  await command.endWithin(interruptGrace)
  const killed = performance.now()
  const isAlone = killAll(() => membersOf(command.tree), 4)
  if (command.hasEnded && isAlone) return
  while (!command.hasEnded && performance.now() - killed < killGrace) {
    // A script would go on with its next line after the death of one program.
    send(command.shell, 'SIGINT')
    await command.endWithin(50)
    killAll(() => membersOf(command.tree), 4)
  }
  if (command.hasEnded) killAll(() => membersOf(command.tree))
  else await killWithShell(command, killShell)
}

/** Kills a command that its shell will never say the end of. */
export async function killWithShell(command: RunningCommand, killShell: () => void): Promise<void> {
  // First the shell, which may be starting programs; they are then told by their mark.
  killShell()
  await command.endWithin(killGrace)
  killAll(() => membersOf(command.tree))
}
