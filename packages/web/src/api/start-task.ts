import type { ErrorFrame, ServerFrame } from '@openhands/protocol'
import { currentToken } from './access.ts'
import { socketAddress } from './address.ts'
import { createConversation, deleteConversation } from './conversations.ts'
import { RequestError } from './request.ts'
import { isErrorFrame, isEvent, type Said } from './session-socket.ts'

/** A task, and what is to differ from the stored settings. */
export interface Task {
  readonly text: string
  /** `data:` addresses. */
  readonly images: readonly string[]
  readonly directory?: string
  readonly model?: string
  readonly confirmation?: 'never' | 'risky' | 'cautious' | 'always'
}

const PATIENCE_MS = 20_000

/** Makes a session and gives it the task; resolves to its id. Where that is refused there is no session afterwards. */
export async function startTask(task: Task): Promise<string> {
  const id = await createConversation()
  try {
    await say(id, framesOf(task))
    return id
  } catch (error) {
    await deleteConversation(id).catch(() => undefined) // an empty session is no harm; the refusal is what counts
    throw error
  }
}

function framesOf({ text, images, directory, model, confirmation }: Task): readonly Said[] {
  const settings = {
    ...(directory ? { directory } : {}),
    ...(model ? { model } : {}),
    ...(confirmation ? { confirmation } : {}),
  }
  const first: Said[] = Object.keys(settings).length === 0 ? [] : [{ action: 'initialize', args: settings }]
  return [...first, { action: 'message', args: { content: text, image_urls: images.length > 0 ? images : null } }]
}

/** Sends frames over a socket of their own; resolves when the log has the message. Throws what the server refuses. */
function say(session: string, frames: readonly Said[]): Promise<void> {
  const token = currentToken()
  const socket = new WebSocket(
    socketAddress(`ws?conversation_id=${session}`),
    token === undefined ? [] : [`bearer.${token}`],
  )
  return new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new RequestError(0, 'The server does not answer.')), PATIENCE_MS)
    const fail = (error: RequestError): void => {
      clearTimeout(timer)
      reject(error)
    }
    socket.onopen = () => {
      for (const frame of frames) socket.send(JSON.stringify(frame))
    }
    socket.onclose = () => fail(new RequestError(0, 'The connection was lost before the task had started.'))
    socket.onmessage = ({ data }) => {
      const frame = JSON.parse(String(data)) as ServerFrame // the server's own words
      if (isErrorFrame(frame)) return fail(refusal(frame))
      if (!isEvent(frame) || !('action' in frame) || frame.action !== 'message' || frame.source !== 'user') return
      clearTimeout(timer)
      resolve()
    }
  }).finally(() => {
    socket.onclose = null
    socket.close()
  })
}

function refusal({ message, code }: ErrorFrame): RequestError {
  return new RequestError(code === 'internal' ? 500 : 400, message)
}
