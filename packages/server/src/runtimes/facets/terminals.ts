import { z } from 'zod'
import type { Outcome, Terminal, TerminalSize, Terminals } from '../../core/ports.ts'
import type { ExecutorLink } from '../executor-link.ts'

const Facts = z.object({ terminal: z.string().max(100) })

/** Terminals in a sandbox that people type into. */
export function terminalsOf(link: ExecutorLink): Terminals {
  return {
    open: (size, signal) => openTerminal(link, 'terminal_open', size, signal),
    takeOver: (size, signal) => openTerminal(link, 'terminal_take', size, signal),
    watch: signal => link.openStream({ method: 'terminal_watch', params: {} }, signal),
  }
}

async function openTerminal(
  link: ExecutorLink,
  method: string,
  size: TerminalSize,
  signal: AbortSignal,
): Promise<Outcome<{ readonly terminal: Terminal }>> {
  const opened = await link.openStream({ method, params: paramsOf(size) }, signal)
  if (!opened.ok) return opened
  const { terminal: name } = link.read(Facts, opened.facts)
  const resize = (next: TerminalSize): void => {
    const params = { ...paramsOf(next), terminal: name }
    // One that has ended meanwhile has no size.
    link.client.send({ method: 'terminal_resize', params }).reply.catch(() => undefined)
  }
  return { ok: true, terminal: { ...opened.stream, resize } }
}

function paramsOf({ columns, rows }: TerminalSize): { readonly columns: number; readonly rows: number } {
  return { columns, rows }
}
