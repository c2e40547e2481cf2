/** Requests that botocore 1.44.8 signed with a clock that stood still, and what is to be made of them. */
export const vectors: readonly {
  readonly name: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly secret: string
  readonly now: string
  readonly holds: boolean
}[] = [
  {
    name: 'plain',
    path: '/',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'SageMaker.DescribeModelPackageGroup',
      'x-amz-date': '20261126T120000Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=GHKEXAMPLE0000000001/20261126/us-east-1/sagemaker/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=6200ea9d4ba2d2194a40d2bee8d48d3e1042c2043ea4528b56179db13541147c',
      host: 'gatehouse.example',
    },
    body: '{"ModelPackageGroupName":"fraud-detector"}',
    secret: 'secret-of-rita',
    now: '2026-11-26T12:00:30Z',
    holds: true,
  },
  {
    name: 'session token',
    path: '/',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'SageMaker.DescribeModelPackageGroup',
      'x-amz-date': '20261126T120000Z',
      'x-amz-security-token': 'session-token-xyz',
      authorization:
        'AWS4-HMAC-SHA256 Credential=GHKEXAMPLE0000000001/20261126/us-east-1/sagemaker/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, Signature=1a936b41b54a732759db71e9788845a95e8a8f7c1a87f2b0157f73854a37da5f',
      host: 'gatehouse.example',
    },
    body: '{"ModelPackageGroupName":"fraud-detector"}',
    secret: 'secret-of-rita',
    now: '2026-11-26T12:00:30Z',
    holds: true,
  },
  {
    name: 'other region',
    path: '/',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'SageMaker.DescribeModelPackageGroup',
      'x-amz-date': '20261126T120000Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=GHKEXAMPLE0000000001/20261126/eu-central-1/sagemaker/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=0a0866139b597ae2adc048a8c5646a3247f4bd5d188bf862d3e8a7cfd787173f',
      host: 'gatehouse.example',
    },
    body: '{"ModelPackageGroupName":"fraud-detector"}',
    secret: 'secret-of-rita',
    now: '2026-11-26T12:00:30Z',
    holds: true,
  },
  {
    name: 'path prefix',
    path: '/aws',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'SageMaker.DescribeModelPackageGroup',
      'x-amz-date': '20261126T120000Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=GHKEXAMPLE0000000001/20261126/us-east-1/sagemaker/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=146e9fb221a32e92fd02b47825397731bed4a8000d84de21d2cb765cf484d585',
      host: 'gatehouse.example',
    },
    body: '{"ModelPackageGroupName":"fraud-detector"}',
    secret: 'secret-of-rita',
    now: '2026-11-26T12:00:30Z',
    holds: true,
  },
  {
    name: 'not ASCII in the body',
    path: '/',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'SageMaker.CreateModelPackageGroup',
      'x-amz-date': '20261126T120000Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=GHKEXAMPLE0000000001/20261126/us-east-1/sagemaker/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=889cce26f707cb557dabf8ce50a0a10d6cbe1a81c1bdebeb11436ce69de208ad',
      host: 'gatehouse.example',
    },
    body: '{"ModelPackageGroupName":"betrug","ModelPackageGroupDescription":"für Prüfer ≥ 2"}',
    secret: 'secret-of-rita',
    now: '2026-11-26T12:00:30Z',
    holds: true,
  },
  {
    name: 'escaped not ASCII as boto3 sends it',
    path: '/',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'SageMaker.CreateModelPackageGroup',
      'x-amz-date': '20261126T120000Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=GHKEXAMPLE0000000001/20261126/us-east-1/sagemaker/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=d67ad71ce975da13e96c5630357ef43a6d776576d62001519b86806e758c0189',
      host: 'gatehouse.example',
    },
    body: '{"ModelPackageGroupName": "betrug", "ModelPackageGroupDescription": "f\\u00fcr"}',
    secret: 'secret-of-rita',
    now: '2026-11-26T12:00:30Z',
    holds: true,
  },
  {
    name: 'wrong secret',
    path: '/',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'SageMaker.DescribeModelPackageGroup',
      'x-amz-date': '20261126T120000Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=GHKEXAMPLE0000000001/20261126/us-east-1/sagemaker/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=546de9aba1e11171ae0fac59fb3fa068c32c9a4b0d7fc5dc8ee66a0110256457',
      host: 'gatehouse.example',
    },
    body: '{"ModelPackageGroupName":"fraud-detector"}',
    secret: 'secret-of-rita',
    now: '2026-11-26T12:00:30Z',
    holds: false,
  },
  {
    name: 'body altered after signing',
    path: '/',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'SageMaker.DescribeModelPackageGroup',
      'x-amz-date': '20261126T120000Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=GHKEXAMPLE0000000001/20261126/us-east-1/sagemaker/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=6200ea9d4ba2d2194a40d2bee8d48d3e1042c2043ea4528b56179db13541147c',
      host: 'gatehouse.example',
    },
    body: '{"ModelPackageGroupName":"frauD-detector"}',
    secret: 'secret-of-rita',
    now: '2026-11-26T12:00:30Z',
    holds: false,
  },
  {
    name: 'action altered after signing',
    path: '/',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'SageMaker.DeleteModelPackageGroup',
      'x-amz-date': '20261126T120000Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=GHKEXAMPLE0000000001/20261126/us-east-1/sagemaker/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=6200ea9d4ba2d2194a40d2bee8d48d3e1042c2043ea4528b56179db13541147c',
      host: 'gatehouse.example',
    },
    body: '{"ModelPackageGroupName":"fraud-detector"}',
    secret: 'secret-of-rita',
    now: '2026-11-26T12:00:30Z',
    holds: false,
  },
  {
    name: 'host altered after signing',
    path: '/',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'SageMaker.DescribeModelPackageGroup',
      'x-amz-date': '20261126T120000Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=GHKEXAMPLE0000000001/20261126/us-east-1/sagemaker/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=6200ea9d4ba2d2194a40d2bee8d48d3e1042c2043ea4528b56179db13541147c',
      host: '10.0.0.7:5000',
    },
    body: '{"ModelPackageGroupName":"fraud-detector"}',
    secret: 'secret-of-rita',
    now: '2026-11-26T12:00:30Z',
    holds: false,
  },
  {
    name: 'other service in the scope',
    path: '/',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'SageMaker.DescribeModelPackageGroup',
      'x-amz-date': '20261126T120000Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=GHKEXAMPLE0000000001/20261126/us-east-1/s3/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=1f13ec7bf24f78be180c1b46f4054c4d52aa827f94a78672719ebefcb693a34a',
      host: 'gatehouse.example',
    },
    body: '{"ModelPackageGroupName":"fraud-detector"}',
    secret: 'secret-of-rita',
    now: '2026-11-26T12:00:30Z',
    holds: false,
  },
  {
    name: '20 minutes old',
    path: '/',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'SageMaker.DescribeModelPackageGroup',
      'x-amz-date': '20261126T114000Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=GHKEXAMPLE0000000001/20261126/us-east-1/sagemaker/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=2f9863b1b46b90ada26916f39761a6d824298953d262012d24ae0ca8f509c1bf',
      host: 'gatehouse.example',
    },
    body: '{"ModelPackageGroupName":"fraud-detector"}',
    secret: 'secret-of-rita',
    now: '2026-11-26T12:00:30Z',
    holds: false,
  },
]
