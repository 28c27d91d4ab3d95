import type { RunnableAction } from '@openhands/protocol'
import { text } from '../../../text.ts'
import type { IconName } from '../../../ui/icon.tsx'

/** How an action is introduced. */
export interface Face {
  readonly icon: IconName
  readonly name: string
  /** One line. */
  readonly title: string
  /** To the letter what would be done: for whoever has to say yes or no. */
  readonly whole: string
}

/** What an action is called, and what it is about. */
export function faceOf(action: RunnableAction): Face {
  switch (action.action) {
    case 'run': {
      const { command, is_input } = action.args
      return {
        icon: 'terminal',
        name: is_input ? text.act.input : text.act.run,
        title: firstLine(command),
        whole: command,
      }
    }
    case 'run_ipython':
      return { icon: 'python', name: text.act.run_ipython, title: firstLine(action.args.code), whole: action.args.code }
    case 'browse':
      return { icon: 'globe', name: text.act.browse, title: action.args.url, whole: action.args.url }
    case 'browse_interactive': {
      const { browser_actions } = action.args
      return {
        icon: 'globe',
        name: text.act.browse_interactive,
        title: firstLine(browser_actions),
        whole: browser_actions,
      }
    }
    case 'read':
      return { icon: 'eye', name: text.act.read, title: action.args.path, whole: action.args.path }
    case 'write':
      return {
        icon: 'file',
        name: text.act.write,
        title: action.args.path,
        whole: `${action.args.path}\n\n${action.args.content}`,
      }
    case 'edit':
      return editFace(action)
    case 'delegate': {
      const { agent, inputs } = action.args
      return {
        icon: 'people',
        name: text.act.delegate,
        title: agent,
        whole: `${agent}\n${JSON.stringify(inputs, null, 2)}`,
      }
    }
  }
}

function editFace({ args }: Extract<RunnableAction, { action: 'edit' }>): Face {
  const { path, command, file_text, old_str, new_str, insert_line, content } = args
  const name = command === 'create' ? text.act.create : command === 'undo_edit' ? text.act.undo : text.act.edit
  const lines = [
    path,
    ...(insert_line === undefined ? [] : [`after line ${insert_line}:`]),
    ...(old_str === undefined ? [] : ['instead of:', old_str]),
    ...(new_str === undefined ? [] : [old_str === undefined ? '' : 'put:', new_str]),
    ...[file_text, content].filter((each): each is string => each !== undefined && each !== ''),
  ]
  return { icon: 'edit', name, title: path, whole: lines.join('\n') }
}

function firstLine(text: string): string {
  const [line = '', ...rest] = text.trim().split('\n')
  return rest.length > 0 ? `${line} …` : line
}
