import type { Draft, RunnableAction } from '@openhands/protocol'
import type { Assessment } from '../core/ports.ts'
import { LONGEST_TEXT } from './bash-grammar.ts'
import { dangerInCode } from './code-rules.ts'
import { type Place, placeOf } from './place.ts'

/** A path longer than this is not looked at, in UTF-16 units; no file system takes it. */
const LONGEST_PATH = 4096
const LONGEST_URL = 8192

/** Where actions are carried out. */
export interface Surroundings {
  /** The absolute path of the workspace as commands see it. */
  readonly workspace: string
  /** Whether `localhost` is the sandbox itself and not the host. */
  readonly ownNetwork: boolean
}

type Fields = Exclude<Draft<RunnableAction>, { action: 'run' }>

/** Judges every action but `run`; each field by itself, so that none can hide behind another's length. */
export function assessFields(action: Fields, { workspace, ownNetwork }: Surroundings): Assessment {
  switch (action.action) {
    case 'read':
      return assessRead(action.args.path, workspace)
    case 'write':
    case 'edit':
      return assessWrite(action.args.path, workspace)
    case 'run_ipython':
      return assessCode(`${action.args.kernel_init_code}\n${action.args.code}`)
    case 'browse':
      return assessUrl(action.args.url, ownNetwork)
    case 'browse_interactive':
      return assessBrowsing(action.args.browser_actions, ownNetwork)
    case 'delegate':
      return { risk: 1, reason: 'Another agent goes on with part of the task.' }
  }
}

function assessRead(path: string, workspace: string): Assessment {
  if (!isPath(path)) return { risk: 2, reason: 'The path is too long to be examined, or no path at all.' }
  const place = placeOf(path.replace(/^~(?=\/|$)/, '/home/agent'), workspace, workspace)
  if (place === 'secret') return { risk: 2, reason: 'The file is one where keys or passwords are kept.' }
  if (place === 'private') return { risk: 1, reason: 'The file may hold keys.' }
  return { risk: 0, reason: 'A file is read.' }
}

const WRITES: Readonly<Record<Place, Assessment>> = {
  workspace: { risk: 0, reason: 'A file inside the workspace is changed.' },
  temporary: { risk: 0, reason: 'A temporary file is changed.' },
  sink: { risk: 0, reason: 'What is written is thrown away.' },
  private: { risk: 1, reason: 'A file that may hold keys is changed.' },
  'workspace-root': { risk: 1, reason: 'The workspace itself is no file.' },
  control: { risk: 2, reason: 'Other programs, or later agents, obey this file: a change there outlives the task.' },
  secret: { risk: 2, reason: 'The file is one where keys or passwords are kept.' },
  device: { risk: 2, reason: 'The path is a device.' },
  outside: { risk: 2, reason: 'The file lies outside the workspace.' },
}

function assessWrite(path: string, workspace: string): Assessment {
  if (!isPath(path)) return { risk: 2, reason: 'The path is too long to be examined, or no path at all.' }
  return WRITES[placeOf(path.replace(/^~(?=\/|$)/, '/home/agent'), workspace, workspace)]
}

function isPath(path: string): boolean {
  return path.length <= LONGEST_PATH && !path.includes('\0')
}

function assessCode(code: string): Assessment {
  if (code.length > LONGEST_TEXT) return { risk: 2, reason: 'The code is too long to be examined.' }
  const danger = dangerInCode(code)
  if (danger) return { risk: 2, reason: `The code uses ${danger}.` }
  return { risk: 1, reason: 'Code runs in the notebook.' }
}

function assessBrowsing(script: string, ownNetwork: boolean): Assessment {
  if (script.length > LONGEST_TEXT) return { risk: 2, reason: 'The browser actions are too long to be examined.' }
  const urls = [...script.matchAll(/[a-z][a-z\d+.-]*:[^\s'"`)]+/gi)]
    .slice(0, 100)
    .map(([url]) => assessUrl(url, ownNetwork))
  const bad = urls.find(({ risk }) => risk === 2)
  if (bad) return bad
  if (/upload_file/.test(script)) return { risk: 2, reason: 'A file would be sent to a web page.' }
  return { risk: 1, reason: 'The browser acts on a web page.' }
}

/** Names of the machine that asks, however they are written: the URL parser has put numbers into this form. */
const LOOPBACK_HOST = /^(localhost|127(\.\d+){3}|\[::1\])$/i
/** Addresses that mean this machine, its network, or a cloud's own services. */
const PRIVATE_HOST =
  /^(localhost|.*\.(localhost|local|internal|lan|home|corp|intranet)|0(\.\d+)*|10\..*|127\..*|169\.254\..*|192\.168\..*|172\.(1[6-9]|2\d|3[01])\..*|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\..*|192\.0\.0\..*|198\.1[89]\..*|(22[4-9]|2[3-5]\d)\..*|\[(::|::1|f[cd].*|fe[89ab].*|ff.*|::ffff:.*|64:ff9b:.*|2002:.*)\])\.?$/i

/** Judges an address by its text, as the URL standard reads it; names are not resolved. */
function assessUrl(text: string, ownNetwork: boolean): Assessment {
  if (text.length > LONGEST_URL) return { risk: 2, reason: 'The address is too long to be examined.' }
  const url = URL.parse(/^\s*[a-z][a-z\d+.-]*:/i.test(text) ? text : `http://${text}`)
  if (!url) return { risk: -1, reason: 'The address cannot be read.' }
  if (!/^https?:$/.test(url.protocol))
    return { risk: 2, reason: `Addresses that begin with ${url.protocol} can reach more than web pages.` }
  if (ownNetwork && LOOPBACK_HOST.test(url.hostname))
    return { risk: 0, reason: 'A server inside the sandbox is looked at.' }
  if (PRIVATE_HOST.test(url.hostname))
    return { risk: 2, reason: 'The address belongs to this machine or a private network.' }
  if (url.username || url.password) return { risk: 2, reason: 'The address carries a name or a password.' }
  return { risk: 0, reason: 'A public web page is opened.' }
}
