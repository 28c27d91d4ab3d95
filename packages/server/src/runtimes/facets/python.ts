import { z } from 'zod'
import { type CellResult, type Outcome, type Python, RuntimeError } from '../../core/ports.ts'
import type { ExecutorLink } from '../executor-link.ts'

/** How long, in milliseconds, an interrupted cell may take to come to its end before the sandbox is given up. */
const cancelGrace = 8000

/** Bytes that a cell may have. */
const codeLimit = 1024 * 1024

const Value = z.object({
  ok: z.boolean(),
  directory: z.string().max(8192),
  interpreter: z.string().max(8192),
  textBytes: z.int().nonnegative(),
  images: z.array(z.object({ mediaType: z.enum(['image/png', 'image/jpeg']), bytes: z.int().nonnegative() })).max(8),
})

/** Cells of the Python inside the sandbox. */
export function pythonOf(link: ExecutorLink): Python {
  return {
    async run(code, timeoutMs, signal, onOutput) {
      signal.throwIfAborted()
      if (Buffer.byteLength(code) > codeLimit)
        return { ok: false, message: `The cell is longer than ${codeLimit} bytes.` }
      const decoder = new TextDecoder()
      const onData = onOutput && ((bytes: Buffer) => onOutput(decoder.decode(bytes, { stream: true })))
      const body = Buffer.from(code)
      const { reply, cancel } = link.client.send({ method: 'python_run', params: { timeoutMs }, body, onData })
      let timer: NodeJS.Timeout | undefined
      const abort = (): void => {
        cancel()
        timer = setTimeout(() => link.client.lose('An interrupted cell did not come to its end'), cancelGrace)
      }
      signal.addEventListener('abort', abort, { once: true })
      try {
        const result = await reply
        if (result.type === 'refused') return { ok: false, message: result.message }
        if (result.type !== 'result') {
          signal.throwIfAborted()
          throw new RuntimeError('lost', `Python has failed: ${result.message}`)
        }
        return cellOf(link.read(Value, result.value), result.body)
      } finally {
        clearTimeout(timer)
        signal.removeEventListener('abort', abort)
      }
    },
  }
}

/** The answer's body is the text and then the images. */
function cellOf(value: z.infer<typeof Value>, body: Buffer): Outcome<CellResult> {
  const { ok: succeeded, textBytes, images, ...rest } = value
  let at = textBytes
  const cut = images.map(({ mediaType, bytes }) => {
    at += bytes
    return { mediaType, bytes: body.subarray(at - bytes, at) }
  })
  return { ok: true, text: body.toString('utf8', 0, textBytes), images: cut, succeeded, ...rest }
}
