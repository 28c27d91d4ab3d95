import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { Refusal } from '../refusal.ts'
import { EditHistory } from './edit-history.ts'
import { explained } from './files.ts'
import { describeNearest } from './nearest-region.ts'
import { linesOf, numbered } from './numbered.ts'
import { type Places, resolveForWriting, resolvePath } from './places.ts'
import { type SeenFiles, staleRefusal } from './seen-files.ts'
import { decodeText, readBytes, writeBytes } from './text-file.ts'
import { findAll, fitLineEnds } from './text-match.ts'

/** Bytes that a file may have to be edited: its old and its new text travel together. */
const editLimit = 7 * 1024 * 1024
/** Lines shown around a change. */
const margin = 4
/** Failed edits that are remembered, to notice one that is tried over and over. */
const failureLimit = 100

/** See `EditRequest` in the ports. */
export type Edit =
  | { readonly command: 'create'; readonly path: string; readonly text: string }
  | { readonly command: 'str_replace'; readonly path: string; readonly oldText: string; readonly newText: string }
  | { readonly command: 'insert'; readonly path: string; readonly line: number; readonly text: string }
  | { readonly command: 'undo_edit'; readonly path: string }

/** What an edit did. */
export interface EditResult {
  readonly existed: boolean
  readonly before: string
  readonly after: string
  readonly summary: string
}

/** Changes files in single places; what is not changed keeps its bytes. Every method throws `Refusal` and then has changed nothing. */
export class Editor {
  readonly #places: Places
  readonly #seen: SeenFiles
  readonly #history = new EditHistory()
  readonly #failures = new Map<string, number>()

  constructor(places: Places, seen: SeenFiles) {
    this.#places = places
    this.#seen = seen
  }

  async apply(edit: Edit): Promise<EditResult> {
    const name = resolvePath(this.#places, edit.path)
    return explained(name, this.#places, async () => {
      const file = await resolveForWriting(this.#places, edit.path)
      switch (edit.command) {
        case 'create':
          return this.#create(file, name, edit.text)
        case 'str_replace':
          return this.#replace(file, name, edit.oldText, edit.newText)
        case 'insert':
          return this.#insert(file, name, edit.line, edit.text)
        case 'undo_edit':
          return this.#undo(file, name)
      }
    })
  }

  async #create(file: string, name: string, text: string): Promise<EditResult> {
    const exists = await readBytes(file).then(
      () => true,
      error => !(error instanceof Error && 'code' in error && error.code === 'ENOENT'),
    )
    if (exists)
      throw new Refusal(`File already exists: ${name}. Change it with str_replace or insert, or write it anew.`)
    const after = Buffer.from(text)
    await writeBytes(file, after)
    this.#seen.remember(file, after)
    this.#history.push(file, { before: undefined, after })
    return { existed: false, before: '', after: text, summary: `Created ${name} with ${linesOf(text).length} lines.` }
  }

  async #replace(file: string, name: string, oldText: string, newText: string): Promise<EditResult> {
    if (oldText === '') throw new Refusal('The text to be replaced is empty.')
    const before = await this.#read(file, name)
    const found = findAll(before, oldText)
    const [span] = found
    if (span === undefined) throw new Refusal(this.#noMatch(file, name, before, oldText))
    if (found.length > 1) {
      const lines = found.map(match => match.line).join(', ')
      throw new Refusal(
        `The text is in ${name} more than once, in lines ${lines}. Give more lines around the one that is meant.`,
      )
    }
    const put = fitLineEnds(newText, before, span)
    const after = before.slice(0, span.start) + put + before.slice(span.end)
    if (after === before) throw new Refusal(`Nothing would change in ${name}: both texts are the same.`)
    return this.#save(file, name, before, after, span.line, linesOf(put).length)
  }

  async #insert(file: string, name: string, line: number, text: string): Promise<EditResult> {
    const before = await this.#read(file, name)
    if (this.#seen.isStale(file, Buffer.from(before))) throw staleRefusal(name)
    const count = linesOf(before).length
    if (!Number.isInteger(line) || line < 0 || line > count) {
      throw new Refusal(
        `Invalid line: ${line}. ${name} has ${count} lines; use 0 for its beginning to ${count} for its end.`,
      )
    }
    let at = before.startsWith('\ufeff') ? 1 : 0
    for (let passed = 0; passed < line; passed++) at = before.indexOf('\n', at) + 1 || before.length
    const isOpen = at > 0 && at === before.length && line > 0 && !before.endsWith('\n')
    const put = isOpen ? `\n${text}` : text === '' || text.endsWith('\n') ? text : `${text}\n`
    const fitted = fitLineEnds(put, before, { start: at, end: at })
    const after = before.slice(0, at) + fitted + before.slice(at)
    return this.#save(file, name, before, after, line + 1, linesOf(text).length)
  }

  async #undo(file: string, name: string): Promise<EditResult> {
    const change = this.#history.last(file)
    if (change === undefined) throw new Refusal(`There is no edit of ${name} to undo.`)
    const now = await readBytes(file)
    if (!now.equals(change.after))
      throw new Refusal(`${name} has been changed since its last edit, so that cannot be undone.`)
    if (change.before === undefined) {
      await rm(file)
      this.#seen.forget(file)
    } else {
      const isStale = this.#seen.isStale(file, now)
      await writeBytes(file, change.before)
      if (!isStale) this.#seen.remember(file, change.before)
    }
    this.#history.drop(file)
    const after = change.before?.toString('utf8') ?? ''
    const what =
      change.before === undefined ? `Undid the creation of ${name}: it is gone.` : `Undid the last edit of ${name}.`
    return { existed: true, before: change.after.toString('utf8'), after, summary: what }
  }

  async #read(file: string, name: string): Promise<string> {
    return decodeText(await readBytes(file, editLimit), name)
  }

  async #save(
    file: string,
    name: string,
    before: string,
    after: string,
    line: number,
    changed: number,
  ): Promise<EditResult> {
    const bytes = Buffer.from(after)
    const old = Buffer.from(before)
    if (bytes.length > editLimit) throw new Refusal(`${name} would become larger than ${editLimit} bytes.`)
    const isStale = this.#seen.isStale(file, old)
    await writeBytes(file, bytes)
    if (!isStale) this.#seen.remember(file, bytes)
    this.#history.push(file, { before: old, after: bytes })
    const lines = linesOf(after)
    const first = Math.max(1, line - margin)
    const last = Math.min(lines.length, line + changed - 1 + margin)
    const note = isStale ? ' The file had been changed by others since it was last read or written here.' : ''
    const summary = `Edited ${name}.${note} It now reads:\n${numbered(lines, first, last)}`
    return { existed: true, before, after, summary }
  }

  #noMatch(file: string, name: string, text: string, wanted: string): string {
    const key = createHash('sha256').update(`${file}\0${wanted}`).digest('base64')
    const failures = (this.#failures.get(key) ?? 0) + 1
    this.#failures.delete(key)
    this.#failures.set(key, failures)
    const [oldest] = this.#failures.keys()
    if (this.#failures.size > failureLimit && oldest !== undefined) this.#failures.delete(oldest)
    const message = `The text to be replaced is not in ${name}. ${describeNearest(text, wanted)}`
    if (failures < 3) return message
    return `${message}\nThis very edit has failed ${failures} times. Do not repeat it: view the file and copy the lines from there, or write the whole file.`
  }
}
