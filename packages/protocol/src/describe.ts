import type { Draft } from './event.ts'
import { planAsText } from './plan.ts'

/** The sentence that a chat log shows for an event (wire A3.3, A3.4, B3). */
export function describe(event: Draft): string {
  return 'action' in event ? describeAction(event) : describeObservation(event)
}

function describeAction(event: Extract<Draft, { action: unknown }>): string {
  switch (event.action) {
    case 'initialize':
      return 'Session settings received.'
    case 'start':
      return event.args.task
    case 'message':
      return event.args.content
    case 'run':
      return `Running command: ${event.args.command}`
    case 'run_ipython':
      return `Running Python code interactively: ${event.args.code}`
    case 'browse':
      return `I am browsing the URL: ${event.args.url}`
    case 'browse_interactive':
      return `I am interacting with the browser:\n\`\`\`\n${event.args.browser_actions}\n\`\`\``
    case 'read':
      return `Reading file: ${event.args.path}`
    case 'write':
      return `Writing file: ${event.args.path}`
    case 'edit':
      return ''
    case 'think':
      return event.args.thought
    case 'plan':
      return planAsText(event.args.items)
    case 'finish':
      return event.args.thought || "All done! What's next on the agenda?"
    case 'reject':
      return `Task is rejected by the agent.${event.args.outputs.reason ? ` Reason: ${event.args.outputs.reason}` : ''}`
    case 'delegate':
      return `I'm asking ${event.args.agent} for help with this task.`
    case 'add_task':
      return `Added task: ${event.args.goal}`
    case 'modify_task':
      return `Set task ${event.args.task_id} to ${event.args.state}`
    case 'change_agent_state':
      return `Agent state changed to ${event.args.agent_state}`
    case 'restore':
      return `The workspace was brought back to an earlier state: ${event.args.label || event.args.checkpoint}.`
    case 'rename':
      return `The session is now called ${event.args.title}.`
    case 'amend':
      return event.args.content === null
        ? `Message ${event.args.message} was taken back.`
        : `Message ${event.args.message} now reads: ${event.args.content}`
    case 'forget':
      return event.args.approval === null
        ? 'Nothing counts as allowed any more without being asked about.'
        : `What was allowed at ${event.args.approval} is asked about again.`
    case 'summarize':
      return event.args.summary
    case 'null':
      return 'No action'
  }
}

function describeObservation(event: Extract<Draft, { observation: unknown }>): string {
  switch (event.observation) {
    case 'run':
      return `Command \`${event.extras.command}\` executed with exit code ${event.extras.exit_code}.`
    case 'run_ipython':
      return 'Code executed in IPython cell.'
    case 'browse':
      return `Visited ${event.extras.url}`
    case 'read':
      return `I read the file ${event.extras.path}.`
    case 'write':
      return `I wrote to the file ${event.extras.path}.`
    case 'edit':
      return `I edited the file ${event.extras.path}.`
    case 'success':
    case 'error':
    case 'user_rejected':
    case 'condense':
    case 'chat':
      return event.content
    case 'delegate':
    case 'agent_state_changed':
      return ''
    case 'null':
      return 'No observation'
  }
}
