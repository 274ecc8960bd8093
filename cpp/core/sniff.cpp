#include "core/sniff.hpp"

#include <cstring>
#include <string_view>

#include "core/error.hpp"

namespace htj2k {
namespace {

using namespace std::string_view_literals;

std::string_view view(byte_span data) {
  return {reinterpret_cast<const char*>(data.data), static_cast<std::size_t>(data.size)};
}

bool starts(byte_span data, std::string_view magic, std::uint64_t at = 0) {
  return holds(data, at, magic.size()) && view(data).substr(at, magic.size()) == magic;
}

struct signature {
  std::string_view magic;
  const char* name;
};

constexpr signature signatures[] = {
    {"\xFF\x0A"sv, "JPEG XL (codestream)"},
    {"\0\0\0\x0CJXL \r\n\x87\n"sv, "JPEG XL (file)"},
    {"\x89PNG\r\n\x1A\n"sv, "a PNG file"},
    {"GIF87a"sv, "a GIF file"},
    {"GIF89a"sv, "a GIF file"},
    {"II*\0"sv, "a TIFF file"},
    {"MM\0*"sv, "a TIFF file"},
    {"II+\0"sv, "a BigTIFF file"},
    {"MM\0+"sv, "a BigTIFF file"},
    {"\x1F\x8B"sv, "gzip data; decompress them first"},
    {"PK\x03\x04"sv, "a zip file"},
    {"%PDF-"sv, "a PDF file"},
    {"BM"sv, "a BMP file"},
    {"RIFF"sv, "a RIFF file (WebP, AVI or WAV)"},
};

// SOF names the coding process (T.81 Table B.1); it may follow any number of segments.
std::string describe_jpeg(byte_span data) {
  for (std::uint64_t at = 2; holds(data, at, 4) && data.data[at] == 0xFF;) {
    const unsigned code = data.data[at + 1];
    if (code == 0xF7) return "JPEG-LS";
    if (code == 0xC3 || code == 0xC7 || code == 0xCB || code == 0xCF)
      return "lossless JPEG (T.81 process 14)";
    if (code == 0xC2 || code == 0xC6 || code == 0xCA) return "progressive JPEG";
    if (code == 0xC0 || code == 0xC1) return "JPEG (T.81, baseline or extended)";
    at += 2U + load_u16(data.data + at + 2);
  }
  return "JPEG (T.81)";
}

bool is_all(byte_span data, std::uint8_t value) {
  for (std::uint64_t i = 0; i < data.size; ++i)
    if (data.data[i] != value) return false;
  return true;
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// An answer of a web service in place of the frame; "" when it is not text of that kind.
std::string describe_text(byte_span data) {
  std::string_view text = view(data);
  if (text.substr(0, 3) == "\xEF\xBB\xBF"sv) text.remove_prefix(3);
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  if (text.empty()) return "";
  if (text.front() == '{' || text.front() == '[') return "JSON text, perhaps an error message of a server";
  if (text.front() == '<') return "HTML or XML text, perhaps an error page of a server";
  if (text.substr(0, 2) == "--"sv) return "a multipart body, still with its boundary";
  return "";
}

std::string first_bytes(byte_span data) {
  std::string text = "unknown bytes that start with";
  for (std::uint64_t i = 0; i < data.size && i < 8; ++i) {
    text += ' ';
    text += "0123456789ABCDEF"[data.data[i] >> 4];
    text += "0123456789ABCDEF"[data.data[i] & 15];
  }
  return text;
}

// `data` is shorter than `magic` and agrees with it as far as it goes.
bool is_prefix(byte_span data, std::string_view magic) {
  return data.size < magic.size() && view(data) == magic.substr(0, data.size);
}

}  // namespace

bool is_codestream(byte_span data) { return starts(data, "\xFF\x4F\xFF\x51"sv); }

std::string describe(byte_span data) {
  if (data.size == 0) return "empty";
  if (starts(data, "DICM"sv, 128)) return "a DICOM file; read its frames first (htj2k.dicom)";
  for (const signature& s : signatures)
    if (starts(data, s.magic)) return s.name;
  if (starts(data, "\xFF\xD8\xFF"sv)) return describe_jpeg(data);
  if (starts(data, "jP  \r\n\x87\n"sv, 4)) return "a JPEG 2000 file with a damaged signature box";
  if (starts(data, "\xFF\x4F"sv)) return "a JPEG 2000 codestream without SIZ after SOC";
  if (is_all(data, 0)) return "all zeros";
  if (is_all(data, 0xFF)) return "all 0xFF";
  const std::string text = describe_text(data);
  return text.empty() ? first_bytes(data) : text;
}

void refuse_foreign(byte_span data) {
  if (data.size != 0 &&
      (is_prefix(data, "\xFF\x4F\xFF\x51"sv) || is_prefix(data, "\0\0\0\x0CjP  \r\n\x87\n"sv))) {
    truncation t;
    t.bytes_present = data.size;
    throw error("only " + std::to_string(data.size) + " bytes of a JPEG 2000 header are here", t);
  }
  throw error(error_code::not_htj2k, "not an HTJ2K codestream: the data are " + describe(data), 0);
}

}  // namespace htj2k
