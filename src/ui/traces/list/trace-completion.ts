import type { Completion } from '../../completion.ts'

/** What a filter of traces is completed by. */
export const traceCompletion: Omit<Completion, 'paths'> = {
  counted: 'trace',
  attributes: {
    status: 'text',
    name: 'text',
    timestamp: 'time',
    execution_time: 'number',
    end_time: 'time',
    request_id: 'text',
    client_request_id: 'text',
    run_id: 'text',
    'span.name': 'text',
    'span.type': 'text',
    'span.status': 'text',
    'span.content': 'pattern',
    'trace.text': 'pattern',
  },
  kinds: [
    { kind: 'tag', prefixes: ['tags', 'tag'], type: 'text' },
    { kind: 'metadata', prefixes: ['metadata', 'request_metadata'], type: 'text' },
    { kind: 'feedback', prefixes: ['feedback'], type: 'any' },
    { kind: 'expectation', prefixes: ['expectation'], type: 'any' },
  ],
}
