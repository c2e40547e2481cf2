import { z } from 'zod'
import { bomSpecs } from '../../bundles/mlbom.ts'
import { endpoint } from './endpoint.ts'
import { VersionParams } from './shapes.ts'

export const getMlBom = endpoint({
  name: 'getMlBom',
  method: 'GET',
  path: '/api/v1/models/{name}/versions/{version}/mlbom.json',
  tag: 'bundles',
  summary: 'What a version is made of, as an ML-BOM in CycloneDX JSON',
  description:
    'Files, packages, datasets and the card, as far as the caller may read them. The same version in the same state gives the same bytes.',
  params: VersionParams,
  query: z.object({
    spec: z.enum(bomSpecs).default('1.6').describe('The version of CycloneDX'),
  }),
  answer: z.string(),
  media: 'application/vnd.cyclonedx+json',
})
