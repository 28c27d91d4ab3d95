import { type JSX, useEffect, useRef } from 'react'

/** Where an editor is put; it gives the undo. Another function is another editor. */
export type Mount = (root: ShadowRoot) => () => void

/**
 * A place for an editor, in a tree of its own: there its styles are those of a constructed style sheet, which the policy
 * of the page allows, and not of a `<style>`. What is typed in it is no command of the page, unless with Control or
 * Command; Shift+F6 leads out of it, where Tab indents.
 */
export function CodeFrame({ mount }: { mount: Mount }): JSX.Element {
  const ref = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const host = ref.current
    if (!host) return undefined
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === 'F6' && event.shiftKey) leave(event)
      else if (!event.ctrlKey && !event.metaKey) event.stopPropagation()
    }
    host.addEventListener('keydown', onKey)
    const undo = mount(host.shadowRoot ?? host.attachShadow({ mode: 'open' }))
    return () => {
      undo()
      host.removeEventListener('keydown', onKey)
    }
  }, [mount])
  return <div ref={ref} className="h-full min-h-0 overflow-hidden" />
}

/** To the panel around it, from where Tab goes on. */
function leave(event: KeyboardEvent): void {
  if (!(event.currentTarget instanceof HTMLElement)) return
  const panel = event.currentTarget.closest<HTMLElement>('[role=tabpanel]')
  if (!panel) return
  event.preventDefault()
  panel.tabIndex = -1
  panel.focus()
}
