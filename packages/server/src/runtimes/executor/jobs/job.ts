import { KeptOutput } from '../shell/kept-output.ts'

/** UTF-16 units of a command's text that a job is named by. */
const nameLimit = 1000

/** A command as the origin of processes: of a job, when some of them outlive it. */
export class Job {
  /** The shell's number of the command; 0 for what a person typed. */
  readonly number: number
  readonly command: string
  /** When the command began, in ticks; and the last process id that had been given away then. */
  readonly since: number
  readonly cursor: number
  /** The same as `performance.now()`. */
  readonly began = performance.now()
  /** 0 until a process of it was seen after the command's end. */
  id = 0
  /** The processes of it that the last look has seen. */
  pids: readonly number[] = []
  readonly output = new KeptOutput()
  hasEnded = false
  /** Its end is no news: whoever ended its command ended it too. */
  isQuiet = false
  /** What ended it, where that was neither it itself nor a command. */
  ending = ''

  constructor({ number, command }: Pick<Job, 'number' | 'command'>, since: number, cursor: number) {
    this.number = number
    this.command = command.length > nameLimit ? `${command.slice(0, nameLimit)}…` : command
    this.since = since
    this.cursor = cursor
  }
}
