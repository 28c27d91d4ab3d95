import type { Area, Place } from '../area.ts'
import type { Answer, Call } from '../calls.ts'
import { Turns } from '../checkpoints/turns.ts'
import { Interpreter } from './interpreter.ts'

/** The longest limit of a cell, in milliseconds: what a timer can hold. */
const longest = 2 ** 31 - 1

/** Cells of Python. */
export function pythonArea({ options }: Place): Area {
  const interpreter = new Interpreter(options)
  const turns = new Turns()
  const run = async ({ params, body, signal, output }: Call): Promise<Answer> => {
    const timeoutMs = Math.min(Math.max(1, params.number('timeoutMs')), longest)
    const code = body.toString('utf8')
    const work = (): ReturnType<Interpreter['run']> =>
      interpreter.run(code, timeoutMs, signal, bytes => output.push(bytes))
    const { text, images, ...rest } = await turns.take(signal, work)
    const textBytes = Buffer.from(text)
    const kinds = images.map(({ mediaType, bytes }) => ({ mediaType, bytes: bytes.length }))
    const all = Buffer.concat([textBytes, ...images.map(({ bytes }) => bytes)])
    return { value: { ...rest, textBytes: textBytes.length, images: kinds }, body: all }
  }
  return { handlers: new Map([['python_run', run]]), close: () => interpreter.close() }
}
