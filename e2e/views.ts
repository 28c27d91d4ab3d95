import type { Page } from 'playwright-core'
import { text } from '../packages/web/src/text.ts'
import { settingsText } from '../packages/web/src/text-settings.ts'
import { timelineText } from '../packages/web/src/text-timeline.ts'
import type { Look } from './browser.ts'

/** The sessions that the views show. */
export interface Shown {
  readonly asks: string
  readonly done: string
}

const { overview, changes, files, terminal, browser, python, ports } = text.panels
const panels = [overview, changes, files, terminal, browser, python, ports, timelineText.name]

/** A view of the page: where it is, and what to do to see it. */
export interface View {
  readonly name: string
  readonly hash: string
  /** Whether it is one of those that people know the page by. */
  readonly main?: boolean
  readonly arrive: (tab: Page, look: Look) => Promise<unknown>
}

/** Every view of the page, by the sessions that are shown. */
export function viewsOf({ asks, done }: Shown): readonly View[] {
  const log = (tab: Page): Promise<void> => tab.getByRole('feed').getByRole('article').first().waitFor()
  const connected = (tab: Page): Promise<void> => tab.getByTitle(text.link.open).waitFor()
  return [
    { name: 'home', main: true, hash: '#/', arrive: tab => tab.getByRole('link', { name: 'Clean up' }).waitFor() },
    {
      name: 'conversation',
      main: true,
      hash: `#/conversations/${done}`,
      arrive: tab => Promise.all([log(tab), connected(tab)]),
    },
    {
      name: 'approval',
      main: true,
      hash: `#/conversations/${asks}`,
      arrive: tab => tab.getByRole('button', { name: text.approval.yes, exact: true, disabled: false }).waitFor(),
    },
    ...panels.map(name => ({
      name: `panel-${name.toLowerCase()}`,
      main: true,
      hash: `#/conversations/${done}`,
      arrive: async (tab: Page, { width }: Look): Promise<void> => {
        await connected(tab)
        if (width === 'wide') await tab.getByRole('tab', { name, exact: true }).click()
        else
          await tab
            .getByRole('navigation', { name: text.panels.title })
            .getByRole('button', { name, exact: true })
            .click()
        await tab.getByRole('tabpanel', { name }).waitFor()
        await tab.getByText(text.common.loading).first().waitFor({ state: 'detached' })
        if (name === terminal) await tab.locator('.xterm-rows').filter({ hasText: 'report.py' }).waitFor()
        if (name === changes || name === files) await tab.getByRole('tabpanel').getByText('report.py').first().waitFor()
      },
    })),
    ...['', ...Object.keys(settingsText.sections)].map(section => ({
      main: section === '',
      name: section === '' ? 'settings' : `settings-${section}`,
      hash: section === '' ? '#/settings' : `#/settings/${section}`,
      arrive: async (tab: Page): Promise<void> => {
        await tab.getByRole('heading', { name: text.settings.title, exact: true }).waitFor()
        await tab.getByLabel(text.settings.key, { exact: true }).first().waitFor()
      },
    })),
    {
      name: 'keys',
      hash: `#/conversations/${done}`,
      arrive: async tab => {
        await connected(tab)
        await tab.keyboard.press('?')
        await tab.getByRole('dialog').waitFor()
      },
    },
    {
      name: 'palette',
      main: true,
      hash: `#/conversations/${done}`,
      arrive: async tab => {
        await connected(tab)
        await tab.keyboard.press('Control+k')
        await tab.getByRole('dialog').waitFor()
      },
    },
    {
      name: 'gone',
      hash: `#/conversations/${'0'.repeat(32)}`,
      arrive: tab => tab.getByRole('main').getByText(text.link.gone).waitFor(),
    },
  ]
}
