import { z } from 'zod'
import { type Checkpoints, RuntimeError } from '../../core/ports.ts'
import type { ExecutorLink } from '../executor-link.ts'

const Id = z.string().max(64)
const Paths = z.array(z.string()).max(1000)
const TakeValue = z.object({ id: Id, changed: z.boolean(), leftOut: Paths })
const ListValue = z.object({
  checkpoints: z.array(z.object({ id: Id, label: z.string().max(1000), taken: z.number() })).max(200),
})
const RestoreValue = z.object({ before: Id, leftOut: Paths })

const Changes = z
  .array(z.object({ path: z.string().max(8192), kind: z.enum(['added', 'modified', 'deleted']) }))
  .max(1000)
const ChangesValue = z.object({ more: z.boolean() })
const FileValue = z.object({ exists: z.boolean() })

/** Checkpoints of the workspace, which git keeps inside the sandbox. */
export function checkpointsOf(link: ExecutorLink): Checkpoints {
  return {
    async take(label, signal) {
      const reply = await link.ask({ method: 'checkpoint_take', params: { label } }, signal)
      if (reply.type !== 'result') return { ok: false, message: reply.message }
      return { ok: true, ...link.read(TakeValue, reply.value) }
    },
    async list(signal) {
      const reply = await link.ask({ method: 'checkpoint_list', params: {} }, signal)
      // Without git, or where the store is damaged, there is none.
      if (reply.type === 'result') return link.read(ListValue, reply.value).checkpoints
      if (reply.type === 'refused') return []
      throw new RuntimeError('lost', `Checkpoints cannot be listed: ${reply.message}`)
    },
    async restore(id, signal) {
      const reply = await link.ask({ method: 'checkpoint_restore', params: { id } }, signal)
      if (reply.type !== 'result') return { ok: false, message: reply.message }
      return { ok: true, ...link.read(RestoreValue, reply.value) }
    },
    async changes(id, offset, signal) {
      const reply = await link.ask({ method: 'checkpoint_changes', params: { id, offset } }, signal)
      if (reply.type !== 'result') return { ok: false, message: reply.message }
      const changes = link.readText(Changes, reply.body.toString('utf8'))
      return { ok: true, ...link.read(ChangesValue, reply.value), changes }
    },
    async file(id, path, signal) {
      const reply = await link.ask({ method: 'checkpoint_file', params: { id, path } }, signal)
      if (reply.type !== 'result') return { ok: false, message: reply.message }
      return link.read(FileValue, reply.value).exists ? { ok: true, bytes: reply.body } : { ok: true }
    },
  }
}
