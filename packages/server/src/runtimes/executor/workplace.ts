import { accessSync, constants } from 'node:fs'
import type { Answer, Call, Handlers } from './calls.ts'
import { type Edit, Editor } from './editor.ts'
import { readText, view, writeText } from './files.ts'
import { type Params, ProtocolError } from './params.ts'
import type { Places } from './places.ts'
import type { OpenParams } from './protocol.ts'
import { Refusal } from './refusal.ts'
import { Shell } from './shell.ts'

/** The longest hard limit of a command, in milliseconds: what a timer can hold. */
const longest = 2 ** 31 - 1

/** A session's shell, files and editor behind the requests of the protocol. */
export class Workplace {
  #opened: { readonly places: Places; readonly shell: Shell; readonly editor: Editor } | undefined

  readonly handlers: Handlers = new Map([
    ['open', call => this.#open(call)],
    ['run', call => this.#run(call)],
    ['read', call => this.#read(call)],
    ['view', call => this.#view(call)],
    ['write', call => this.#write(call)],
    ['edit', call => this.#edit(call)],
  ])

  /** Ends the shell; what it started is left to the caller. */
  close(): void {
    this.#opened?.shell.close()
  }

  async #open({ params }: Call): Promise<Answer> {
    if (this.#opened !== undefined) throw new ProtocolError('It is open already')
    const options = readOptions(params)
    try {
      accessSync(options.workspace, constants.R_OK | constants.W_OK | constants.X_OK)
    } catch {
      throw new Refusal(`The workspace cannot be written by the user (id ${process.getuid?.()}) that works in it.`)
    }
    const shell = new Shell(options)
    this.#opened = { places: options, shell, editor: new Editor(options) }
    // The first command finds its shell ready; a failure shows when it is run.
    shell.open().catch(() => undefined)
    return {}
  }

  async #run({ params, body, signal, output }: Call): Promise<Answer> {
    const timeoutMs = Math.min(Math.max(1, params.number('timeoutMs')), longest)
    const request = { command: body.toString('utf8'), isInput: params.flag('isInput'), timeoutMs }
    const result = await this.#place.shell.run(request, signal, bytes => output.push(bytes))
    const { output: text, ...value } = result
    return { value, body: Buffer.from(text) }
  }

  async #read({ params }: Call): Promise<Answer> {
    return { body: Buffer.from(await readText(this.#place.places, params.text('path'))) }
  }

  async #view({ params }: Call): Promise<Answer> {
    return { body: Buffer.from(await view(this.#place.places, params.text('path'), params.range('range'))) }
  }

  async #write({ params, body }: Call): Promise<Answer> {
    await writeText(this.#place.places, params.text('path'), body)
    return {}
  }

  async #edit({ params }: Call): Promise<Answer> {
    const { before, after, ...value } = await this.#place.editor.apply(readEdit(params))
    const old = Buffer.from(before)
    return { value: { ...value, beforeBytes: old.length }, body: Buffer.concat([old, Buffer.from(after)]) }
  }

  get #place(): { readonly places: Places; readonly shell: Shell; readonly editor: Editor } {
    if (this.#opened === undefined) throw new ProtocolError('`open` comes first')
    return this.#opened
  }
}

function readOptions(params: Params): OpenParams {
  return {
    workspace: params.text('workspace'),
    writable: params.texts('writable'),
    control: params.text('control'),
    environment: params.record('environment'),
    mark: params.text('mark'),
    outputLimit: params.number('outputLimit'),
    silenceMs: params.number('silenceMs'),
  }
}

function readEdit(params: Params): Edit {
  const path = params.text('path')
  const command = params.text('command')
  switch (command) {
    case 'create':
      return { command, path, text: params.text('text') }
    case 'str_replace':
      return { command, path, oldText: params.text('oldText'), newText: params.text('newText') }
    case 'insert':
      return { command, path, line: params.number('line'), text: params.text('text') }
    case 'undo_edit':
      return { command, path }
    default:
      throw new ProtocolError('The edit has an unknown `command`')
  }
}
