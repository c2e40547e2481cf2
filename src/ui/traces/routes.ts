import { Hono } from 'hono'
import { requireExperiment } from '../../access/permissions/require.ts'
import type { AppContext, AppEnv } from '../../http/app-env.ts'
import { guard } from '../../http/guards/guard.ts'
import type { Context } from '../../platform/context.ts'
import { experimentIdOf } from '../addressed.ts'
import {
  postAssessment,
  postAssessmentChange,
  postAssessmentDeletion,
} from './assessments/assessments.tsx'
import { mayCompareTraces, showTraceComparison } from './compare/compare-traces.tsx'
import {
  mayReadEvalDataset,
  showEvalDataset,
  showEvalDatasets,
} from './evaluation/eval-datasets.tsx'
import * as labels from './label-schemas/label-schemas.tsx'
import { postTraceDeletion, showTraceDeletion } from './list/trace-deletion.tsx'
import { showTraces } from './list/traces.tsx'
import {
  mayReadQueue,
  postReviewAnswers,
  postReviewItems,
  postReviewPeople,
  postReviewStatus,
  showReview,
} from './reviews/review.tsx'
import { postMyQueue, postQueue, showReviews } from './reviews/reviews.tsx'
import { postTraceIntake, postTraceRetention, showTraceRules } from './rules/trace-rules.tsx'
import { showSessions } from './sessions/sessions.tsx'
import { mayReadTrace, showTrace } from './trace/trace.tsx'

/** Traces of an experiment, and what people say of them. */
export function traceRoutes(): Hono<AppEnv> {
  const list = '/experiments/:id{[0-9]+}/traces'
  const trace = '/traces/:trace'
  const reviews = '/experiments/:id{[0-9]+}/reviews'
  const questions = '/experiments/:id{[0-9]+}/label-schemas'
  const question = '/label-schemas/:schema'
  return new Hono<AppEnv>()
    .get(list, guard(mayReadTraces), showTraces)
    .get(`${list}/compare`, guard(mayCompareTraces), showTraceComparison)
    .get(`${list}/delete`, guard(mayReadTraces), (c) => showTraceDeletion(c))
    .post(`${list}/delete`, postTraceDeletion)
    .get(`${list}/rules`, guard(mayReadTraces), (c) => showTraceRules(c))
    .post(`${list}/rules/retention`, postTraceRetention)
    .post(`${list}/rules/intake`, postTraceIntake)
    .get('/experiments/:id{[0-9]+}/sessions', guard(mayReadTraces), showSessions)
    .get('/experiments/:id{[0-9]+}/evaluation-datasets', guard(mayReadTraces), showEvalDatasets)
    .get('/evaluation-datasets/:dataset', guard(mayReadEvalDataset), showEvalDataset)
    .get(reviews, guard(mayReadTraces), (c) => showReviews(c))
    .post(reviews, postQueue)
    .post(`${reviews}/mine`, postMyQueue)
    .get(questions, guard(mayReadTraces), (c) => labels.showLabelSchemas(c))
    .post(questions, labels.postLabelSchema)
    .get(question, guard(labels.mayReadLabelSchema), (c) => labels.showLabelSchema(c))
    .post(question, labels.postLabelSchemaChange)
    .post(`${question}/delete`, labels.postLabelSchemaDeletion)
    .get('/reviews/:queue', guard(mayReadQueue), (c) => showReview(c))
    .post('/reviews/:queue/items', postReviewItems)
    .post('/reviews/:queue/answers', postReviewAnswers)
    .post('/reviews/:queue/status', postReviewStatus)
    .post('/reviews/:queue/people', postReviewPeople)
    .get(trace, guard(mayReadTrace), (c) => showTrace(c))
    .post(`${trace}/assessments`, postAssessment)
    .post(`${trace}/assessments/change`, postAssessmentChange)
    .post(`${trace}/assessments/delete`, postAssessmentDeletion)
}

function mayReadTraces(ctx: Context, c: AppContext): Promise<void> {
  return requireExperiment(ctx, experimentIdOf(c), 'READ')
}
