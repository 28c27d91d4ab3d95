import type { JSX } from 'react'
import { panels } from '../../panels/registry.ts'
import { text } from '../../text.ts'
import { Icon } from '../../ui/icon.tsx'

/** On a narrow screen: the conversation or one panel, at the foot of the page. */
export function TabBar({ tab, onTab }: { tab: string; onTab: (tab: string) => void }): JSX.Element {
  const tabs = [{ id: 'chat', name: text.panels.chat, icon: 'chat' } as const, ...panels]
  return (
    <nav
      aria-label={text.panels.title}
      className="quiet-scroll flex shrink-0 border-t border-line bg-card pb-[env(safe-area-inset-bottom)]"
    >
      {tabs.map(({ id, name, icon }) => (
        <button
          key={id}
          type="button"
          aria-current={tab === id ? 'page' : undefined}
          className={`flex h-13 min-w-16 flex-1 flex-col items-center justify-center gap-0.5 text-xs ${tab === id ? 'font-medium text-accent' : 'text-muted'}`}
          onClick={() => onTab(id)}
        >
          <Icon name={icon} className="size-5" />
          {name}
        </button>
      ))}
    </nav>
  )
}
