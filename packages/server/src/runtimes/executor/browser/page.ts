/** What is known of a page; as `PageView` of the server has it, with the screenshot as base64. */
export interface Page {
  readonly url: string
  readonly title: string
  readonly text: string
  readonly tree: string
  readonly screenshot: string
  readonly tabs: readonly string[]
  readonly activeTab: number
  readonly focused: string
  readonly notes: readonly string[]
  readonly error: string
}

/** UTF-16 units that the parts of a page may have; what is cut is said in it. */
export const textLimit = 60_000
export const treeLimit = 60_000
export const urlLimit = 2000
const titleLimit = 500
const noteLimit = 500
const notesLimit = 30
const errorLimit = 4000

/** A text without what goes beyond the limit; it then ends with how much at least was left out. */
export function cut(text: string, limit: number, of: string): string {
  if (text.length <= limit) return text
  return `${text.slice(0, limit)}\n[Cut here: at least ${text.length - limit} more characters of the ${of} are not shown.]`
}

/** The same page with every part within its limit. */
export function bounded(page: Page): Page {
  const left = page.notes.length - notesLimit
  const notes = page.notes.slice(0, notesLimit).map(note => shortened(note, noteLimit))
  return {
    ...page,
    url: shortened(page.url, urlLimit),
    title: shortened(page.title, titleLimit),
    text: cut(page.text, textLimit, 'text'),
    tree: cut(page.tree, treeLimit, 'tree'),
    tabs: page.tabs.map(url => shortened(url, urlLimit)),
    notes: left > 0 ? [...notes, `${left} more of these are not shown.`] : notes,
    error: shortened(page.error, errorLimit),
  }
}

/** The first characters of a text; three dots say that there were more. */
export function shortened(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit)}...`
}
