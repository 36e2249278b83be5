'use strict';
// The S3 server of the tests: s3rver, with what it lacks (ListParts, AbortMultipartUpload, If-Match), a log of what was written,
// and what tests ask of it: slow parts, refusals. It ends with whoever started it.
//   node server.js DIRECTORY PORT LOG PART_DELAY_MS BUCKET...
const crypto = require('crypto');
const fs = require('fs');
const path = require('path');
const S3rver = require('s3rver');
const S3Error = require('s3rver/lib/models/error');

const [, , directory, port, log, partDelay, ...buckets] = process.argv;
const refusals = { status: 0, left: 0 };

function split(url) {
  const [, bucket, ...key] = url.split('/');
  return [bucket, decodeURIComponent(key.join('/'))];
}

// Only what arrived whole: a part that a crash broke off has no checksum, or not that of its bytes.
function partsOf(folder) {
  return fs
    .readdirSync(folder)
    .filter(name => /^\d+$/.test(name) && fs.existsSync(path.join(folder, `${name}.md5`)))
    .map(name => {
      const content = fs.readFileSync(path.join(folder, name));
      const md5 = crypto.createHash('md5').update(content).digest('hex');
      const whole = fs.readFileSync(path.join(folder, `${name}.md5`)).toString() === md5;
      return whole && { PartNumber: Number(name), LastModified: new Date().toISOString(), ETag: JSON.stringify(md5), Size: content.length };
    })
    .filter(Boolean)
    .sort((a, b) => a.PartNumber - b.PartNumber);
}

async function uploads(ctx, next) {
  const id = ctx.query.uploadId;
  if (!id || !['GET', 'DELETE'].includes(ctx.method)) return next();
  const [bucket, key] = split(ctx.path);
  const folder = path.join(directory, bucket, '._S3rver_uploads', path.basename(id));
  if (!fs.existsSync(folder)) throw new S3Error('NoSuchUpload', 'The specified multipart upload does not exist.');
  if (ctx.method === 'DELETE') {
    fs.rmSync(folder, { recursive: true });
    ctx.status = 204;
    return;
  }
  ctx.body = { ListPartsResult: { Bucket: bucket, Key: key, UploadId: id, IsTruncated: false, Part: partsOf(folder) } };
}

async function onlyKnown(ctx, next) {
  if (['POST', 'PUT'].includes(ctx.method) && ctx.query.uploadId) {
    const [bucket] = split(ctx.path);
    if (!fs.existsSync(path.join(directory, bucket, '._S3rver_uploads', path.basename(ctx.query.uploadId))))
      throw new S3Error('NoSuchUpload', 'The specified multipart upload does not exist.');
  }
  return next();
}

// s3rver answers whatever If-Match says.
async function ifMatch(ctx, next) {
  await next();
  const wanted = ctx.get('if-match');
  if (wanted && ctx.method === 'GET' && ctx.status < 300 && ctx.response.get('etag') !== wanted)
    throw new S3Error('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold.');
}

async function tests(ctx, next) {
  if (ctx.path === '/-/refuse') {
    Object.assign(refusals, { status: Number(ctx.query.status), left: Number(ctx.query.times) });
    ctx.body = 'ok';
    return;
  }
  if (refusals.left > 0) {
    refusals.left--;
    throw refusals.status === 503 ? new S3Error('SlowDown', 'Please reduce your request rate.') : new S3Error('InternalError', 'We encountered an internal error.');
  }
  const part = ctx.method === 'PUT' && ctx.query.partNumber;
  if (part) await new Promise(resolve => setTimeout(resolve, Number(partDelay)));
  await next();
  const what = part ? `PART ${part}` : ctx.method === 'POST' && ctx.query.uploadId ? 'COMPLETE' : ctx.method;
  if (['PUT', 'POST', 'DELETE'].includes(ctx.method) && ctx.status < 300) fs.appendFileSync(log, `${what} ${split(ctx.path).join('/')}\n`);
}

const server = new S3rver({
  address: '127.0.0.1',
  port: Number(port),
  directory,
  silent: true,
  vhostBuckets: false,
  configureBuckets: buckets.map(name => ({ name })),
});
server.middleware.splice(2, 0, tests, uploads, onlyKnown, ifMatch); // inside what turns answers into XML
process.stdin.on('end', () => process.exit()).resume();
server.run().then(
  () => console.log('listening'),
  error => {
    console.error(error.message);
    process.exit(1);
  },
);
