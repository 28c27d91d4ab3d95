import type { Area, Place } from '../area.ts'
import type { Answer, Call } from '../calls.ts'

/** The longest hard limit of a command, in milliseconds: what a timer can hold. */
const longest = 2 ** 31 - 1

/** Commands in the session's shell. */
export function shellArea({ shell }: Place): Area {
  const run = async ({ params, body, signal, output }: Call): Promise<Answer> => {
    const timeoutMs = Math.min(Math.max(1, params.number('timeoutMs')), longest)
    const request = { command: body.toString('utf8'), isInput: params.flag('isInput'), timeoutMs }
    const { output: text, ...value } = await shell.run(request, signal, bytes => output.push(bytes))
    return { value, body: Buffer.from(text) }
  }
  return { handlers: new Map([['run', run]]), close: () => shell.close() }
}
