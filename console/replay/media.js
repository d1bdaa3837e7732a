// Videos and pictures that the page carries: base64 in data blocks, made into blobs once, when
// they are first wanted. Each block is dropped as soon as it is read, so that a long clip is not
// held twice.

const blobUrls = new Map();

function mediaUrl(number) {
  if (!blobUrls.has(number)) blobUrls.set(number, URL.createObjectURL(mediaBlob(number)));
  return blobUrls.get(number);
}

function mediaBlob(number) {
  const blocks = document.querySelectorAll(`script[data-media="${number}"]`);
  const type = blocks.length ? blocks[0].dataset.type : "";
  const pieces = [];
  for (const block of blocks) {
    pieces.push(new Blob([bytesOf(block.textContent)]));
    block.remove();
  }
  return new Blob(pieces, { type });
}

function bytesOf(base64) {
  const text = atob(base64.trim());
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index += 1) bytes[index] = text.charCodeAt(index);
  return bytes;
}
