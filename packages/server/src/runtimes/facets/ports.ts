import { z } from 'zod'
import { type Ports, RuntimeError } from '../../core/ports.ts'
import type { ExecutorLink } from '../executor-link.ts'

const PortList = z.array(z.int().min(1).max(65_535)).max(1000)
const ListValue = z.object({ ports: PortList })
/** Characters of a line that tells ports. */
const lineLimit = 16_384

/** The servers that listen inside, asked of the executor. */
export function portsOf(link: ExecutorLink): Ports {
  return {
    async list(signal) {
      const reply = await link.ask({ method: 'ports_list', params: {} }, signal)
      if (reply.type !== 'result') throw new RuntimeError('lost', `The ports could not be listed: ${reply.message}`)
      return link.read(ListValue, reply.value).ports
    },

    async watch(onChange, signal) {
      const opened = await link.openStream({ method: 'ports_watch', params: {} }, signal)
      if (!opened.ok) throw new RuntimeError('lost', `The ports cannot be watched: ${opened.message}`)
      await using stream = opened.stream
      const stop = (): void => void Promise.resolve(stream[Symbol.asyncDispose]()).catch(() => undefined)
      signal.addEventListener('abort', stop, { once: true })
      try {
        for await (const line of linesOf(stream.output)) onChange(link.readText(PortList, line))
      } finally {
        signal.removeEventListener('abort', stop)
      }
    },

    async connect(port, signal) {
      const opened = await link.openStream({ method: 'port_connect', params: { port } }, signal)
      return opened.ok ? { ok: true, stream: opened.stream } : opened
    },
  }
}

/** The lines of a stream; of one that is too long, which is none of the executor's, only as much as makes it unreadable. */
async function* linesOf(output: AsyncIterable<Uint8Array>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const bytes of output) {
    const parts = (rest + decoder.decode(bytes, { stream: true })).split('\n')
    rest = parts.pop() ?? ''
    yield* parts
    if (rest.length > lineLimit) yield rest
  }
}
