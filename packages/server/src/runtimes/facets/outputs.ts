import { z } from 'zod'
import type { Outputs } from '../../core/ports.ts'
import type { ExecutorLink } from '../executor-link.ts'

const Part = z.object({ offset: z.int().nonnegative(), total: z.int().nonnegative() })

/** What the newest commands of a sandbox printed, byte for byte. */
export function outputsOf(link: ExecutorLink): Outputs {
  return {
    async read(name, offset, length, signal) {
      const params = { name, offset: Math.max(0, Math.floor(offset)), length: Math.max(0, Math.floor(length)) }
      const reply = await link.ask({ method: 'command_output', params }, signal)
      if (reply.type !== 'result') return { ok: false, message: reply.message }
      return { ok: true, ...link.read(Part, reply.value), bytes: reply.body }
    },
  }
}
