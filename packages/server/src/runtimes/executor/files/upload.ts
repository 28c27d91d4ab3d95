import { lstat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { beginStream } from '../begin-stream.ts'
import type { Answer, Call } from '../calls.ts'
import type { OpenParams } from '../protocol.ts'
import { Refusal } from '../refusal.ts'
import { Draft, newDraftName } from './draft.ts'
import type { DraftJournal } from './draft-journal.ts'
import { explainedInner, findInner, type Inner, makeMissing } from './folder.ts'
import { versionOf } from './version.ts'

/** Bytes that are taken before the free space is looked at again. */
const spaceCheckBytes = 32 * 1024 * 1024
/** The version of a file that is not there. */
const noVersion = 'none'

/**
 * Writes a file of the workspace from the bytes that the server sends. They wait under another name in the same folder,
 * or in the nearest that exists, and get theirs when the last has come; whatever happens before leaves nothing.
 */
export async function upload(options: OpenParams, journal: DraftJournal, call: Call): Promise<Answer> {
  const path = call.params.text('path')
  if (/(?:^|\/)\.{0,2}$/.test(path)) throw new Refusal(`Not the name of a file: ${path.slice(0, 300)}.`)
  return explainedInner(options, path, async () => {
    await using inner = await findInner(options, path, true)
    const onlyIf = call.params.text('onlyIf')
    await refuseChanged(inner, path, onlyIf)
    const draftName = newDraftName()
    await using _note = await journal.note(join(inner.path, draftName))
    await using draft = await Draft.begin(inner.folder.at(inner.missing[0] ?? inner.name), path, draftName)
    await beginStream(call, {})
    const size = await receive(draft, options, call)
    await refuseChanged(inner, path, onlyIf)
    await using target = await makeMissing(inner)
    await draft.commit(target.at(inner.name))
    return { value: { size, version: versionOf(await lstat(target.at(inner.name), { bigint: true })) } }
  })
}

async function receive(draft: Draft, { reserveBytes }: OpenParams, { params, input, signal }: Call): Promise<number> {
  const limit = params.number('limit')
  let size = 0
  let checked = 0
  for await (const piece of input) {
    size += piece.length
    if (size > limit) throw new Refusal(`The file is larger than ${limit} bytes.`)
    if (size - checked > spaceCheckBytes || checked === 0) {
      checked = size
      const { bavail, bsize } = await statfs(draft.place)
      if (bavail * bsize < reserveBytes) throw new Refusal('No space left for the file.')
    }
    await draft.file.writeFile(piece)
  }
  // The input ends when the request is cancelled too.
  signal.throwIfAborted()
  return size
}

async function refuseChanged(inner: Inner, path: string, onlyIf: string): Promise<void> {
  if (onlyIf === '') return
  const now = inner.missing.length > 0 ? noVersion : await currentVersion(inner)
  if (now === onlyIf) return
  const reason = onlyIf === noVersion ? 'File already exists' : 'The file has changed since it was read'
  throw new Refusal(`${reason}: ${path}.`)
}

async function currentVersion({ folder, name }: Inner): Promise<string> {
  return lstat(folder.at(name), { bigint: true }).then(versionOf, error => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return noVersion
    throw error
  })
}
