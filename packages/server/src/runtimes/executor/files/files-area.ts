import type { Area, Place } from '../area.ts'
import { type Params, ProtocolError } from '../params.ts'
import { archive } from './archive.ts'
import { makeFolder, moveEntry, removeEntry } from './change-tree.ts'
import { download } from './download.ts'
import { DraftJournal } from './draft-journal.ts'
import { type Edit, Editor } from './editor.ts'
import { readText, view, writeText } from './files.ts'
import { listFolder } from './folder-entries.ts'
import { SeenFiles } from './seen-files.ts'
import { upload } from './upload.ts'
import { watchWorkspace } from './watch-call.ts'

/**
 * Files as the agent's tools and the doors see them. What doors read and write is none of what the agent knows, so
 * that a user's change between two steps of the agent is noticed.
 */
export function filesArea({ options }: Place): Area {
  const seen = new SeenFiles()
  const editor = new Editor(options, seen)
  const journal = new DraftJournal(options.state)
  const handlers: Area['handlers'] = new Map([
    ['read', async ({ params }) => ({ body: Buffer.from(await readText(options, seen, params.text('path'))) })],
    [
      'view',
      async ({ params }) => ({
        body: Buffer.from(await view(options, seen, params.text('path'), params.range('range'))),
      }),
    ],
    [
      'write',
      async ({ params, body }) => {
        await writeText(options, seen, params.text('path'), body)
        return {}
      },
    ],
    [
      'edit',
      async ({ params }) => {
        const { before, after, ...value } = await editor.apply(readEdit(params))
        const old = Buffer.from(before)
        return { value: { ...value, beforeBytes: old.length }, body: Buffer.concat([old, Buffer.from(after)]) }
      },
    ],
    [
      'files_list',
      async ({ params, signal }) => {
        const { entries, leftOut } = await listFolder(options, params.text('path'), signal)
        return { value: { leftOut }, body: Buffer.from(JSON.stringify(entries)) }
      },
    ],
    [
      'files_remove',
      async ({ params }) => {
        await removeEntry(options, params.text('path'))
        return {}
      },
    ],
    [
      'files_make_folder',
      async ({ params }) => {
        await makeFolder(options, params.text('path'))
        return {}
      },
    ],
    [
      'files_move',
      async ({ params }) => {
        await moveEntry(options, params.text('from'), params.text('to'))
        return {}
      },
    ],
    ['files_download', call => download(options, call)],
    ['files_upload', call => upload(options, journal, call)],
    ['files_archive', call => archive(options, call)],
    ['files_watch', call => watchWorkspace(options, call)],
  ])
  return { handlers, close: () => undefined }
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
