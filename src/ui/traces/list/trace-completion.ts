import type { Completion } from '../../completion.ts'

/** What a filter of traces is completed by. */
export const traceCompletion: Omit<Completion, 'paths'> = {
  counted: 'trace',
  attributes: {
    status: 'text',
    name: 'label',
    timestamp: 'time',
    execution_time: 'number',
    end_time: 'time',
    request_id: 'text',
    client_request_id: 'text',
    run_id: 'label',
    'span.name': 'text',
    'span.type': 'text',
    'span.status': 'text',
    'span.content': 'pattern',
    'trace.text': 'pattern',
  },
  kinds: [
    { kind: 'tag', prefixes: ['tags', 'tag'], type: 'label' },
    { kind: 'metadata', prefixes: ['metadata', 'request_metadata'], type: 'label' },
    { kind: 'feedback', prefixes: ['feedback'], type: 'any' },
    { kind: 'expectation', prefixes: ['expectation'], type: 'any' },
    { kind: 'span_attribute', prefixes: ['span.attributes'], type: 'text', isDear: true },
  ],
}
