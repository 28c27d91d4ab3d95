import type { Locator, Page } from 'playwright-core'
import { fileText, live, settingsText, text, timelineText } from '../packages/web/src/text.ts'

/** The servers and sessions that the views show. */
export interface Shown {
  readonly url: string
  /** A server that nobody has used yet. */
  readonly fresh: string
  /** A server that lets in only who has a token. */
  readonly guarded: string
  readonly asks: string
  readonly done: string
  /** A session that was given no task. */
  readonly idle: string
  readonly works: string
  readonly failed: string
}

const { overview, changes, files, terminal, browser, python, ports } = text.panels
const panels = [overview, changes, files, terminal, browser, python, ports, timelineText.name]

/** A view of the page: where it is, and what to do to see it. */
export interface View {
  readonly name: string
  readonly address: string
  /** Whether it is one of those that people know the page by. */
  readonly main?: boolean
  readonly arrive: (tab: Page) => Promise<unknown>
}

const log = (tab: Page): Promise<void> => tab.getByRole('feed').getByRole('article').first().waitFor()
const connected = (tab: Page): Promise<void> => tab.getByTitle(text.link.open).waitFor()
const dialog = (tab: Page): Promise<void> => tab.getByRole('dialog').waitFor()
const status = (tab: Page, words: string): Promise<void> =>
  tab.getByRole('status').filter({ hasText: words }).first().waitFor()

/** Opens a panel, whatever way a page of this width has. */
export async function openPanel(tab: Page, name: string): Promise<void> {
  const tabs = tab.getByRole('tab', { name, exact: true })
  const places = tab.getByRole('navigation', { name: text.panels.title })
  await tabs.or(places).first().waitFor()
  if (await tabs.isVisible()) await tabs.click()
  else {
    const place = places.getByRole('button', { name, exact: true })
    if (!(await place.isVisible())) await places.getByRole('button', { name: text.panels.more }).click()
    await place.click()
  }
  await tab.getByRole('tabpanel', { name, exact: true }).waitFor()
}

/** Every view of the page: those that people know it by, its states, and what lies over it. */
export function viewsOf(shown: Shown): readonly View[] {
  return [...mainViews(shown), ...stateViews(shown), ...dialogViews(shown)]
}

function mainViews({ url, asks, done }: Shown): readonly View[] {
  return [
    {
      name: 'home',
      main: true,
      address: `${url}/#/`,
      arrive: tab => tab.getByRole('link', { name: 'Clean up' }).waitFor(),
    },
    {
      name: 'conversation',
      main: true,
      address: `${url}/#/conversations/${done}`,
      arrive: tab => Promise.all([log(tab), connected(tab)]),
    },
    {
      name: 'approval',
      main: true,
      address: `${url}/#/conversations/${asks}`,
      arrive: tab => tab.getByRole('button', { name: text.approval.yes, exact: true, disabled: false }).waitFor(),
    },
    ...panels.map(name => ({
      name: `panel-${name.toLowerCase()}`,
      main: true,
      address: `${url}/#/conversations/${done}`,
      arrive: (tab: Page) => showPanel(tab, name),
    })),
    ...['', ...Object.keys(settingsText.sections)].map(section => ({
      main: section === '',
      name: section === '' ? 'settings' : `settings-${section}`,
      address: `${url}/#/settings${section === '' ? '' : `/${section}`}`,
      arrive: async (tab: Page): Promise<void> => {
        await tab.getByRole('heading', { name: text.settings.title, exact: true }).waitFor()
        await tab.getByLabel(text.settings.key, { exact: true }).first().waitFor()
      },
    })),
    {
      name: 'palette',
      main: true,
      address: `${url}/#/conversations/${done}`,
      arrive: async tab => {
        await connected(tab)
        await tab.keyboard.press('Control+k')
        await dialog(tab)
      },
    },
  ]
}

/** What a panel shows of the session that is done. */
const seen: Readonly<Record<string, (panel: Locator) => Locator>> = {
  [terminal]: panel => panel.locator('.xterm-rows').filter({ hasText: 'report.py' }),
  [changes]: panel => panel.getByText('report.py', { exact: true }).first(),
  [files]: panel => panel.getByText('report.py', { exact: true }).first(),
  [browser]: panel => panel.locator('img'),
  [python]: panel => panel.locator('img'),
  [ports]: panel => panel.getByText('8000').first(),
  [timelineText.name]: panel => panel.getByRole('list').getByRole('link').first(),
}

async function showPanel(tab: Page, name: string): Promise<void> {
  await connected(tab)
  await openPanel(tab, name)
  const panel = tab.getByRole('tabpanel', { name, exact: true })
  await panel.getByText(text.common.loading).first().waitFor({ state: 'detached' })
  await seen[name]?.(panel).waitFor()
  if (name !== changes && name !== files) return
  await seen[name]?.(panel).click()
  await panel.locator('.cm-content .cm-line span').first().waitFor()
}

/** Lines that fall down when they are told to, and come to nothing from then on. */
const fallible = `(() => {
  const lines = []
  let isDown = false
  const Real = WebSocket
  window.WebSocket = class extends Real {
    constructor(url, protocols) {
      super(isDown ? String(url).replace('/ws?', '/nowhere?') : url, protocols)
      lines.push(this)
    }
  }
  window.breakLines = () => {
    isDown = true
    for (const line of lines) line.close()
  }
})()`

function stateViews({ url, fresh, guarded, done, idle, works, failed }: Shown): readonly View[] {
  return [
    {
      name: 'first-run',
      address: `${fresh}/#/`,
      arrive: async tab => {
        await tab.getByRole('button', { name: text.setup.connect }).click()
        await tab.getByLabel(text.settings.key, { exact: true }).waitFor()
        await tab.getByText(text.home.empty).waitFor()
      },
    },
    {
      name: 'login',
      address: `${guarded}/#/`,
      arrive: async tab => {
        await tab.getByLabel(text.login.field).fill('nobody knows this')
        await tab.getByRole('button', { name: text.login.submit }).click()
        await tab.getByRole('alert').getByText(text.login.wrong).waitFor()
      },
    },
    {
      name: 'home-options',
      address: `${url}/#/`,
      arrive: async tab => {
        await tab.locator('summary').click()
        await tab.getByLabel(text.home.mode).waitFor()
      },
    },
    {
      name: 'home-nothing-found',
      address: `${url}/#/`,
      arrive: async tab => {
        await tab.getByRole('link', { name: 'Clean up' }).waitFor()
        await tab.getByRole('searchbox').fill('nothing has this')
        await tab.getByText(text.home.noMatch('nothing has this')).waitFor()
      },
    },
    {
      name: 'idle',
      address: `${url}/#/conversations/${idle}`,
      arrive: tab => Promise.all([connected(tab), tab.getByPlaceholder(text.composer.first).waitFor()]),
    },
    {
      name: 'working',
      address: `${url}/#/conversations/${works}`,
      arrive: tab => status(tab, text.now.thinking),
    },
    {
      name: 'failed',
      address: `${url}/#/conversations/${failed}`,
      arrive: tab => status(tab, text.now.paused),
    },
    {
      name: 'asleep',
      address: `${url}/#/conversations/${idle}`,
      arrive: async tab => {
        await connected(tab)
        await openPanel(tab, terminal)
        await tab.getByRole('button', { name: live.asleep.start }).waitFor()
      },
    },
    {
      name: 'gone',
      address: `${url}/#/conversations/${'0'.repeat(32)}`,
      arrive: tab => tab.getByRole('main').getByText(text.link.gone).waitFor(),
    },
    {
      name: 'reconnecting',
      address: `${url}/#/conversations/${done}`,
      arrive: async tab => {
        await tab.addInitScript(fallible)
        await tab.reload()
        await log(tab)
        await connected(tab)
        await tab.evaluate('window.breakLines()')
        await status(tab, 'econnecting')
      },
    },
  ]
}

function dialogViews({ url, done }: Shown): readonly View[] {
  return [
    {
      name: 'keys',
      address: `${url}/#/conversations/${done}`,
      arrive: async tab => {
        await connected(tab)
        await tab.keyboard.press('?')
        await dialog(tab)
      },
    },
    {
      name: 'delete',
      address: `${url}/#/`,
      arrive: async tab => {
        const row = tab.getByRole('listitem').filter({ hasText: 'Clean up' })
        await row.hover()
        await row.getByRole('button', { name: text.common.remove }).click()
        await dialog(tab)
      },
    },
    {
      name: 'checkpoints',
      address: `${url}/#/conversations/${done}`,
      arrive: tab => showCheckpoints(tab),
    },
    {
      name: 'restore',
      address: `${url}/#/conversations/${done}`,
      arrive: async tab => {
        await showCheckpoints(tab)
        await tab.getByRole('button', { name: fileText.checkpoints.restore }).first().click()
        await dialog(tab)
      },
    },
  ]
}

async function showCheckpoints(tab: Page): Promise<void> {
  await showPanel(tab, changes)
  await tab.getByRole('button', { name: fileText.changes.checkpoints, exact: true }).click()
  await tab.getByText(fileText.checkpoints.lead).waitFor()
}
