import type { Frame, Page as Tab } from 'playwright-core'
import type { ElementIds } from './element-ids.ts'
import { toMarkdown } from './markdown.ts'
import { bounded, type Page, treeLimit } from './page.ts'
import type { Tabs } from './tabs.ts'
import { type TreeNode, treeLines } from './tree-lines.ts'
import { visibleHtml } from './visible-html.ts'
import { within } from './within.ts'

/** Milliseconds that reading a page may take, and that a single part of it may. */
const readLimit = 40_000
const partLimit = 30_000
/** UTF-16 units of simple HTML that are read of a page, and of each frame in it. */
const htmlLimit = 300_000
/** Room in the tree for saying what was left out. */
const cutNotice = 200
const frameLimit = 10
const retries = 3
/** What the browser shows in place of a page that it could not open; the error says what is in it. */
const errorPage = 'chrome-error:'
const nothing = { title: '', text: '', tree: '', focused: '' } as const

/** The page in front as it is now; `error` goes into it. Throws when it cannot be read in time, or the signal's reason. */
export async function viewOf(tabs: Tabs, error: string, signal: AbortSignal): Promise<Page> {
  const tab = await tabs.front()
  const late = (): Error => new Error(`The page could not be read within ${readLimit} ms.`)
  const seen = await within(read(tab, tabs.idsOf(tab)), readLimit, signal, late)
  const isShown = !tab.url().startsWith(errorPage)
  return bounded({
    ...(isShown ? seen : { ...seen, ...nothing }),
    url: isShown ? tab.url() : tabs.askedOf(tab),
    tabs: tabs.all.map(each => each.url()),
    activeTab: tabs.all.indexOf(tab),
    notes: tabs.takeNotes(),
    error: [error, tabs.troubleOf(tab)].filter(Boolean).join('\n'),
  })
}

type Seen = Pick<Page, 'title' | 'text' | 'tree' | 'focused' | 'screenshot'>

/** A page that goes on to another while it is read is read again. */
async function read(tab: Tab, ids: ElementIds): Promise<Seen> {
  for (let tries = 1; ; tries++) {
    try {
      await tab.waitForLoadState('domcontentloaded', { timeout: partLimit }).catch(() => undefined)
      const [title, text, tree, screenshot] = await Promise.all([
        tab.title(),
        textOf(tab),
        treeOf(tab, ids),
        pictureOf(tab),
      ])
      return { title, text, ...tree, screenshot }
    } catch (error) {
      if (tries === retries || tab.isClosed()) throw error
    }
  }
}

async function treeOf(tab: Tab, ids: ElementIds): Promise<{ tree: string; focused: string }> {
  // The driver promises a tree of objects and texts, and nothing more.
  const roots = (await tab.ariaSnapshotJSON({ mode: 'ai', timeout: partLimit })) as readonly TreeNode[]
  return treeLines(roots, ids, treeLimit - cutNotice)
}

async function pictureOf(tab: Tab): Promise<string> {
  const picture = await tab.screenshot({ type: 'jpeg', quality: 60, timeout: partLimit }).catch(() => undefined)
  return picture?.toString('base64') ?? ''
}

async function textOf(tab: Tab): Promise<string> {
  const main = await markdownOf(tab.mainFrame())
  const frames = tab
    .frames()
    .filter(frame => frame !== tab.mainFrame() && !frame.isDetached())
    .slice(0, frameLimit)
  const others = await Promise.all(frames.map(frame => frameText(frame).catch(() => '')))
  return [main, ...others].filter(Boolean).join('\n\n')
}

async function frameText(frame: Frame): Promise<string> {
  const element = await frame.frameElement()
  if (!(await element.isVisible())) return ''
  const text = await markdownOf(frame)
  return text === '' ? '' : `[frame: ${frame.url().slice(0, 200)}]\n\n${text}`
}

async function markdownOf(frame: Frame): Promise<string> {
  const html = await frame.evaluate(visibleHtml, htmlLimit)
  try {
    return toMarkdown(html, frame.url())
  } catch (error) {
    if (error instanceof RangeError) return '[This page is nested too deeply to be read as text.]'
    throw error
  }
}
