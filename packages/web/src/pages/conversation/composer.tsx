import { type JSX, useEffect, useRef, useState } from 'react'
import type { FileCalls } from '../../api/files.ts'
import { useCommands } from '../../store/commands.ts'
import { useConversation, useStore } from '../../store/use-conversation.ts'
import { text } from '../../text.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { useImages } from '../../ui/images.tsx'
import { tooLong } from '../../ui/message-limit.ts'
import { Notice } from '../../ui/notice.tsx'
import { useDraft } from '../../ui/use-draft.ts'
import { WordsField } from '../../ui/words-field.tsx'
import { canPause, canResume, canStop } from './steering.ts'
import { useAttached } from './use-attached.ts'

/** Where people speak to the agent and steer it. What is written stays through a reload of this tab. */
export function Composer({ files }: { files: FileCalls }): JSX.Element {
  const store = useStore()
  const [words, setWords] = useDraft(store.session)
  const attached = useAttached(files.upload, path => setWords(words === '' ? `\`${path}\` ` : `${words}\n\`${path}\` `))
  const images = useImages({ onFiles: attached.add })
  const field = useRef<HTMLTextAreaElement>(null)
  const online = useConversation(view => view.link.kind === 'open')
  const running = useConversation(view => view.state.agentState === 'running')
  const refusal = useConversation(view => view.refusal)
  const hasTask = useConversation(view => view.state.task !== null)
  const [full, setFull] = useState(false)
  const givenBack = useConversation(view => view.givenBack)
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each message that comes back
  useEffect(() => {
    if (!givenBack || words !== '') return // what is being written now is worth more
    setWords(givenBack.text)
    images.put(givenBack.images.map(url => ({ name: text.conversation.image, url })))
  }, [givenBack])
  const long = tooLong(words)
  const sendable = (words.trim() !== '' || images.list.length > 0) && !long
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
      {(long ?? images.problem) && <Notice tone="warn">{long ?? images.problem}</Notice>}
      {attached.problem && (
        <Notice tone="bad" alert>
          {attached.problem}
        </Notice>
      )}
      {attached.sending && (
        <Notice>
          <span role="status" className="flex items-center justify-between gap-2">
            <span className="breathing min-w-0 truncate">
              {text.composer.attaching(attached.sending.name, `${Math.floor(attached.sending.part * 100)} %`)}
            </span>
            <Button small onClick={attached.cancel}>
              {text.common.cancel}
            </Button>
          </span>
        </Notice>
      )}
      {full && <Notice tone="warn">{text.composer.tooMuch}</Notice>}
      <WordsField
        label={text.composer.field}
        placeholder={hasTask ? text.composer.placeholder : text.composer.first}
        rows={1}
        value={words}
        onChange={setWords}
        onEnter={send}
        images={images}
        field={field}
      >
        <div className="flex items-center gap-1 p-1.5">
          <IconButton icon="image" label={text.composer.attach} onClick={images.choose} />
          <span
            className={`min-w-0 flex-1 truncate px-1 text-xs text-muted ${words === '' ? 'max-sm:invisible pointer-coarse:invisible' : ''}`}
          >
            {words === ''
              ? text.composer.keys
              : online
                ? running
                  ? text.composer.running
                  : ''
                : text.composer.offline}
          </span>
          <Steering />
          <Button kind="main" icon="send" disabled={!sendable} onClick={send}>
            {text.composer.send}
          </Button>
        </div>
      </WordsField>
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
