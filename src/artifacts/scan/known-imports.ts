import type { PickledName } from './pickle-values.ts'

/** `harmless`: on the list. `dangerous`: runs code, commands or files. `unlisted`: nobody has said. */
export type ImportLevel = 'harmless' | 'unlisted' | 'dangerous'

const words = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/))

const plainTypes =
  words(`bool bytearray bytes complex dict float frozenset int list object range set slice
  str tuple NoneType Ellipsis NotImplemented`)

/** What pickles of plain values, arrays and tensors import; calling it makes values and nothing else. */
const harmless: Readonly<Record<string, ReadonlySet<string>>> = {
  builtins: plainTypes,
  __builtin__: words(`${[...plainTypes].join(' ')} long unicode`),
  collections: words('OrderedDict defaultdict Counter deque'),
  copyreg: words('_reconstructor'),
  copy_reg: words('_reconstructor'),
  _codecs: words('encode'),
  datetime: words('date datetime time timedelta timezone'),
  decimal: words('Decimal'),
  fractions: words('Fraction'),
  numpy:
    words(`dtype ndarray matrix bool_ bool float16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint32
    uint64 complex64 complex128 str_ bytes_ datetime64 timedelta64`),
  ...Object.fromEntries(
    ['numpy.core', 'numpy._core'].flatMap((core) => [
      [`${core}.multiarray`, words('_reconstruct scalar')],
      [`${core}.numeric`, words('_frombuffer')],
    ]),
  ),
  'numpy.ma.core': words('_mareconstruct MaskedArray'),
  'numpy.ma': words('MaskedArray'),
  'numpy.random._pickle': words('__randomstate_ctor __bit_generator_ctor __generator_ctor'),
  'numpy.random._mt19937': words('MT19937'),
  'numpy.random._pcg64': words('PCG64 PCG64DXSM'),
  'numpy.random.bit_generator': words('__pyx_unpickle_SeedSequence SeedSequence'),
  'joblib.numpy_pickle': words('NumpyArrayWrapper'),
  torch:
    words(`Size device FloatStorage DoubleStorage HalfStorage BFloat16Storage LongStorage IntStorage
    ShortStorage CharStorage ByteStorage BoolStorage ComplexFloatStorage ComplexDoubleStorage float32 float64
    float16 bfloat16 int8 int16 int32 int64 uint8 bool complex64 complex128 QInt8Storage QUInt8Storage`),
  'torch._utils': words(`_rebuild_tensor _rebuild_tensor_v2 _rebuild_parameter
    _rebuild_parameter_with_state _rebuild_qtensor _rebuild_sparse_tensor`),
  'torch.storage': words('UntypedStorage TypedStorage'),
  'torch.serialization': words('_get_layout'),
  'torch.nn.parameter': words('Parameter'),
}

/**
 * Libraries whose classes make their own objects and nothing else; functions are not meant, and neither are
 * the parts that fetch, test and report, of which no model has anything.
 */
const harmlessClasses =
  /^(sklearn(?!\.(externals|datasets|callback|utils\.(_testing|_joblib|parallel))(\.|$))|scipy\.sparse)(\.|$)/
/** What their modules import of others, under names like those of classes. */
const borrowedNames =
  words(`BytesIO StringIO Client Connection Listener CalledProcessError TimeoutExpired FunctionType MethodType
  ModuleType CodeType LambdaType GzipFile BZ2File LZMAFile ZipFile TarFile NamedTemporaryFile TemporaryFile
  TemporaryDirectory SpooledTemporaryFile Memory Parallel BatchedCalls Path PurePath PathLike Popen Process Pool
  ThreadPool ThreadPoolExecutor ProcessPoolExecutor Queue Request Thread Timer ThreadpoolController`)
const className = /^(_?[A-Z]\w*|__pyx_unpickle_\w+|newObj|[a-z]{3}_(matrix|array))$/

/** Modules, with all below them, that run code or commands, or reach files and networks. */
const dangerousModules =
  words(`os posix nt posixpath ntpath sys subprocess _posixsubprocess shutil socket
  _socket ssl runpy importlib imp _imp zipimport pkgutil pty tty ctypes _ctypes cffi code codeop
  _pyrepl pickle _pickle cPickle marshal dill shelve webbrowser urllib urllib2 http httplib ftplib smtplib
  telnetlib requests httpx aiohttp asyncio multiprocessing concurrent threading _thread signal pip setuptools
  distutils ensurepip venv pydoc pdb bdb timeit cProfile profile trace doctest unittest commands tempfile io _io
  pathlib glob fileinput linecache inspect gc types operator _operator functools _functools builtins __builtin__ site
  sysconfig _aix_support _osx_support idlelib lib2to3 test`)

/** Names that are dangerous wherever they stand, since modules import them from each other. */
const dangerousNames =
  words(`system popen popen2 popen3 popen4 spawnl spawnv spawnvp spawnlp execv execve
  execvp execl execlp posix_spawn exec eval execfile compile open __import__ import_module load_module getattr
  setattr delattr globals locals vars apply breakpoint input Popen check_output check_call getoutput
  getstatusoutput runstring run_code run_module run_path runcode runsource attrgetter methodcaller
  itemgetter load_library CDLL FunctionType CodeType LambdaType`)

/** `*`: all that stands in the module. */
const dangerousPlaces: Readonly<Record<string, ReadonlySet<string>>> = {
  logging: words('FileHandler'),
  imaplib: words('IMAP4_stream'),
  uuid: words('*'),
  'numpy.f2py': words('*'),
  'numpy.testing._private.utils': words('*'),
  'torch.serialization': words('load'),
  'torch.jit.unsupported_tensor_ops': words('execWrapper'),
  'torch.utils._config_module': words('*'),
  'torch.utils.bottleneck.__main__': words('*'),
  'torch.utils.collect_env': words('*'),
  'torch.utils.data.datapipes.utils.decoder': words('*'),
  'torch._dynamo.guards': words('*'),
  'torch._inductor.codecache': words('*'),
  'torch.fx.experimental.symbolic_shapes': words('*'),
  'torch.storage': words('_load_from_bytes'),
  'torch.hub': words('load load_state_dict_from_url'),
  torch: words('load hub'),
  numpy: words('load fromfile'),
  joblib: words('load'),
  pandas: words('read_pickle eval'),
}

function isDangerousPlace(module: string, name: string): boolean {
  const place = dangerousPlaces[module]
  return place !== undefined && (place.has('*') || place.has(name))
}

/** How much is known of a name that a pickle imports. */
export function levelOfImport(imported: PickledName): ImportLevel {
  if (!imported) return 'dangerous'
  const { module, name } = imported
  if (harmless[module]?.has(name)) return 'harmless'
  if (harmlessClasses.test(module) && className.test(name)) {
    return borrowedNames.has(name) ? 'dangerous' : 'harmless'
  }
  const [top = ''] = module.split('.')
  const parts = [...module.split('.').slice(1), ...name.split('.')]
  const isDangerous =
    dangerousModules.has(top) ||
    isDangerousPlace(module, name) ||
    parts.some((part) => dangerousNames.has(part)) ||
    // `module.os.system`: a module that another one has imported.
    name
      .split('.')
      .slice(0, -1)
      .some((part) => dangerousModules.has(part))
  return isDangerous ? 'dangerous' : 'unlisted'
}

/**
 * Whether settings name what runs code: Keras imports the `module` of each object and calls what it finds
 * there. Functions of one's own are said to be of `builtins`.
 */
export function isDangerousSetting(module: string, name: string): boolean {
  if (module === 'builtins') return dangerousNames.has(name)
  return levelOfImport({ module, name }) === 'dangerous'
}

/** A name as people write it: `os.system`. */
export function importText(imported: PickledName): string {
  return imported ? `${imported.module}.${imported.name}` : 'a name made while loading'
}

/**
 * Whether an entry of a list allows a name. One that is a module allows what stands directly in it and
 * below; what is dangerous is allowed by its whole name alone, and a name that cannot be told never.
 */
export function isImportAllowed(imported: PickledName, allow: readonly string[]): boolean {
  if (!imported) return false
  const text = importText(imported)
  if (allow.includes(text)) return true
  if (levelOfImport(imported) === 'dangerous' || imported.name.includes('.')) return false
  return allow.some((entry) => `${imported.module}.`.startsWith(`${entry}.`))
}
