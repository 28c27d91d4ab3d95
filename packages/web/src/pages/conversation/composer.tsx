import { type JSX, type KeyboardEvent, useRef, useState } from 'react'
import { useCommands } from '../../store/commands.ts'
import { useConversation, useStore } from '../../store/use-conversation.ts'
import { text } from '../../text.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { ImageStrip, useImages } from '../../ui/images.tsx'
import { Notice } from '../../ui/notice.tsx'
import { canPause, canResume, canStop } from './steering.ts'

/** Where people speak to the agent and steer it. What is written stays through a reload of this tab. */
export function Composer(): JSX.Element {
  const store = useStore()
  const [words, setWords] = useDraft(store.session)
  const images = useImages()
  const field = useRef<HTMLTextAreaElement>(null)
  const online = useConversation(view => view.link.kind === 'open')
  const running = useConversation(view => view.state.agentState === 'running')
  const refusal = useConversation(view => view.refusal)
  const hasTask = useConversation(view => view.state.task !== null)
  const [full, setFull] = useState(false)
  const sendable = words.trim() !== '' || images.list.length > 0
  const send = (): void => {
    if (!sendable) return
    const taken = store.say(
      words.trim(),
      images.list.map(each => each.url),
    )
    setFull(!taken)
    if (!taken) return
    setWords('')
    images.clear()
  }
  useCommands([{ id: 'compose', name: text.keys.compose, keys: '/', run: () => field.current?.focus() }])
  const onKey = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || event.shiftKey || event.ctrlKey || event.metaKey || event.nativeEvent.isComposing)
      return
    event.preventDefault()
    send()
  }
  return (
    <div className="flex flex-col gap-2">
      {refusal && (
        <Notice tone="bad" alert>
          <span className="flex items-start gap-2">
            <span className="min-w-0 flex-1 break-words">{refusal.message}</span>
            <IconButton icon="cross" label={text.common.close} className="size-6" onClick={() => store.dismiss()} />
          </span>
        </Notice>
      )}
      {images.problem && <Notice tone="warn">{images.problem}</Notice>}
      {full && <Notice tone="warn">{text.composer.tooMuch}</Notice>}
      <div
        className="rounded-2xl border border-strong-line/50 bg-card shadow-sm focus-within:border-accent"
        {...images.target}
      >
        <textarea
          ref={field}
          rows={1}
          aria-label={text.composer.field}
          placeholder={hasTask ? text.composer.placeholder : text.composer.first}
          value={words}
          className="block max-h-[35vh] w-full resize-none bg-transparent px-4 pt-3 pb-1 outline-none placeholder:text-muted field-sizing-content"
          onChange={event => setWords(event.target.value)}
          onKeyDown={onKey}
          onPaste={images.onPaste}
        />
        <ImageStrip images={images} />
        <div className="flex items-center gap-1 p-1.5">
          <IconButton icon="image" label={text.composer.attach} onClick={images.choose} />
          <span className="min-w-0 flex-1 truncate px-1 text-xs text-muted">
            {words === '' ? '' : online ? (running ? text.composer.running : '') : text.composer.offline}
          </span>
          <Steering />
          <Button kind="main" icon="send" disabled={!sendable} onClick={send}>
            {text.composer.send}
          </Button>
        </div>
      </div>
    </div>
  )
}

function Steering(): JSX.Element {
  const store = useStore()
  const state = useConversation(view => view.state)
  const want = (agent_state: 'paused' | 'running' | 'stopped'): void => {
    store.send({ action: 'change_agent_state', args: { agent_state } })
  }
  const pauses = canPause(state)
  const resumes = canResume(state)
  useCommands(
    pauses || resumes
      ? [{ id: 'pause', name: text.keys.pause, keys: 'p', run: () => want(pauses ? 'paused' : 'running') }]
      : [],
  )
  return (
    <>
      {pauses && <IconButton icon="pause" label={text.composer.pause} onClick={() => want('paused')} />}
      {resumes && (
        <Button small icon="play" className="h-8" onClick={() => want('running')}>
          {text.composer.resume}
        </Button>
      )}
      {canStop(state) && (
        <IconButton
          icon="stop"
          label={`${text.composer.stop}. ${text.composer.stopHint}.`}
          onClick={() => want('stopped')}
        />
      )}
    </>
  )
}

/** A text that outlives a reload of this tab. */
function useDraft(session: string): readonly [string, (words: string) => void] {
  const key = `openhands.draft.${session}`
  const [words, setWords] = useState(() => {
    try {
      return sessionStorage.getItem(key) ?? ''
    } catch {
      return '' // a browser that keeps nothing
    }
  })
  const keep = (next: string): void => {
    setWords(next)
    try {
      if (next === '') sessionStorage.removeItem(key)
      else sessionStorage.setItem(key, next)
    } catch {
      // as above
    }
  }
  return [words, keep]
}
