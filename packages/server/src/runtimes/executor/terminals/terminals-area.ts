import type { IPty } from '@lydell/node-pty'
import type { Area, Place } from '../area.ts'
import { beginStream } from '../begin-stream.ts'
import type { Answer, Call } from '../calls.ts'
import { ProtocolError } from '../params.ts'
import { Refusal } from '../refusal.ts'
import { LentShell } from './lent-shell.ts'
import { OwnTerminal } from './own-terminal.ts'
import { PacedOutput } from './paced-output.ts'
import { typeInto } from './pty-parts.ts'
import { readSize } from './size.ts'
import { watchScreen } from './watch-screen.ts'

/** Terminals of a user's own that may be open at a time. */
const terminalLimit = 8

/** Terminals that people type into: their own, and the agent's while they have taken it over. */
export function terminalsArea({ options, shell }: Place): Area {
  const own = new Set<OwnTerminal>()
  const resizable = new Map<string, IPty>()
  let count = 0

  const openOwn = async (call: Call): Promise<Answer> => {
    if (own.size >= terminalLimit) {
      throw new Refusal(`There are ${terminalLimit} terminals open already; close one of them first.`)
    }
    const name = `${++count}`
    const terminal = new OwnTerminal(`${options.mark}-${name}`, options, readSize(call.params))
    const { pty } = terminal
    const output = pacedOutput(pty, call)
    own.add(terminal)
    // With `encoding: null` the data are bytes, whatever the declaration says.
    pty.onData(data => output.push(data as unknown as Buffer))
    pty.onExit(() => output.close())
    resizable.set(name, pty)
    try {
      await beginStream(call, { terminal: name })
      await carry(call, pty, output)
    } finally {
      resizable.delete(name)
      terminal.end()
      own.delete(terminal)
    }
    return {}
  }

  const takeOver = async (call: Call): Promise<Answer> => {
    const { handOver } = shell
    if (handOver.isTaken) throw new Refusal("Somebody has the agent's terminal already.")
    const size = readSize(call.params)
    const name = `${++count}`
    let lent: LentShell | undefined
    const source = { pause: () => lent?.process.pty.pause(), resume: () => lent?.process.pty.resume() }
    const output = pacedOutput(source, call)
    handOver.take({ onBytes: bytes => output.push(bytes), onExit: () => output.close() })
    try {
      lent = await LentShell.take(shell)
      const { pty } = lent.process
      pty.resize(size.columns, size.rows)
      resizable.set(name, pty)
      await beginStream(call, { terminal: name })
      await carry(call, pty, output)
    } finally {
      resizable.delete(name)
      await lent?.giveBack()
      handOver.release()
    }
    return {}
  }

  const watch = async (call: Call): Promise<Answer> => {
    const { handOver } = shell
    await beginStream(call, {})
    await watchScreen(handOver, call)
    return {}
  }

  const resize = async ({ params }: Call): Promise<Answer> => {
    const { columns, rows } = readSize(params)
    const pty = resizable.get(params.text('terminal'))
    if (pty === undefined) throw new ProtocolError('There is no such terminal')
    pty.resize(columns, rows)
    return {}
  }

  return {
    handlers: new Map([
      ['terminal_open', openOwn],
      ['terminal_take', takeOver],
      ['terminal_watch', watch],
      ['terminal_resize', resize],
    ]),
    close: () => {
      for (const terminal of own) terminal.pty.kill('SIGKILL')
    },
  }
}

function pacedOutput(source: { pause(): void; resume(): void }, call: Call): PacedOutput {
  return new PacedOutput(source, bytes => call.output.deliver(bytes, call.signal))
}

/** Carries bytes both ways until the terminal has ended or the stream is closed. */
async function carry(call: Call, pty: IPty, output: PacedOutput): Promise<void> {
  const { signal, input } = call
  const type = async (): Promise<void> => {
    for await (const bytes of input) await typeInto(pty, bytes)
  }
  type().catch(() => output.close())
  const close = (): void => output.close()
  signal.addEventListener('abort', close)
  if (signal.aborted) close()
  try {
    await output.run()
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    signal.removeEventListener('abort', close)
  }
}
