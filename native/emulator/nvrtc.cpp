/*
 * NVRTC, by g++: a program becomes a library for the CPU, with a launcher for each name expression. What was compiled
 * once lies in the folder `modules` beside this library, under a name that follows from its content.
 */
#include <dlfcn.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "codes.hpp"
#include "image.hpp"
#include "process.hpp"

/* The compiler, the flags of every module, and what this library was built from: native/Build.java gives them. */
#ifndef EMULATOR_COMPILER
#define EMULATOR_COMPILER "g++"
#define EMULATOR_FLAGS "-std=c++17 -nostdinc++ -O1 -fPIC -w"
#define EMULATOR_BUILD ""
#endif

namespace emulator {

std::string ownFolder() {
  Dl_info info;
  if (!dladdr((void*)&ownFolder, &info)) {
    return ".";
  }
  char* path = realpath(info.dli_fname, nullptr);
  std::string folder = path ? path : info.dli_fname;
  free(path);
  return folder.substr(0, folder.rfind('/'));
}

namespace {

enum NvrtcResult {
  NVRTC_SUCCESS,
  NVRTC_ERROR_OUT_OF_MEMORY,
  NVRTC_ERROR_PROGRAM_CREATION_FAILURE,
  NVRTC_ERROR_INVALID_INPUT,
  NVRTC_ERROR_INVALID_PROGRAM,
  NVRTC_ERROR_INVALID_OPTION,
  NVRTC_ERROR_COMPILATION,
  NVRTC_ERROR_BUILTIN_OPERATION_FAILURE,
  NVRTC_ERROR_NO_NAME_EXPRESSIONS_AFTER_COMPILATION,
  NVRTC_ERROR_NO_LOWERED_NAMES_BEFORE_COMPILATION,
  NVRTC_ERROR_NAME_EXPRESSION_NOT_VALID,
  NVRTC_ERROR_INTERNAL_ERROR
};

const char* const RESULT_NAMES[] = {"NVRTC_SUCCESS",
                                    "NVRTC_ERROR_OUT_OF_MEMORY",
                                    "NVRTC_ERROR_PROGRAM_CREATION_FAILURE",
                                    "NVRTC_ERROR_INVALID_INPUT",
                                    "NVRTC_ERROR_INVALID_PROGRAM",
                                    "NVRTC_ERROR_INVALID_OPTION",
                                    "NVRTC_ERROR_COMPILATION",
                                    "NVRTC_ERROR_BUILTIN_OPERATION_FAILURE",
                                    "NVRTC_ERROR_NO_NAME_EXPRESSIONS_AFTER_COMPILATION",
                                    "NVRTC_ERROR_NO_LOWERED_NAMES_BEFORE_COMPILATION",
                                    "NVRTC_ERROR_NAME_EXPRESSION_NOT_VALID",
                                    "NVRTC_ERROR_INTERNAL_ERROR"};

constexpr int ARCHITECTURES[] = {75, 80, 86, 87, 88, 89, 90, 100, 103, 110, 120, 121};

struct Program {
  std::string source, name;
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<std::string> expressions;
  std::string log, image;
  bool compiled = false, binary = false;
};

std::mutex mutex;

std::set<Program*>& programs() {
  static std::set<Program*> all;
  return all;
}

template <class F>
int withProgram(Program* program, F&& f) {
  {
    std::lock_guard hold(mutex);
    if (!programs().contains(program)) {
      return NVRTC_ERROR_INVALID_PROGRAM;
    }
  }
  return f(*program);
}

bool startsWith(const std::string& text, const char* start) { return text.rfind(start, 0) == 0; }

struct Options {
  std::vector<std::string> flags;
  bool binary = false;  // for an architecture that exists, not for a virtual one
};

/* Takes NVRTC's options; returns the one that is wrong, else an empty string. */
std::string parse(int count, const char* const* texts, Options& options) {
  static const char* const ignored[] = {
      "--use_fast_math", "-use_fast_math", "--fmad", "-fmad", "--ftz", "-ftz", "--prec-", "-prec-",
      "--extra-device-vectorization", "-lineinfo", "--generate-line-info", "-G", "--device-debug",
      "--restrict", "-restrict", "-default-device", "--device-as-default-execution-space", "--pch",
      "-pch", "--maxrregcount", "-w", "--disable-warnings", "--diag-", "-diag-", "--minimal",
      "--no-source-include", "--std=c++17", "-std=c++17", "--relocatable-device-code=false"};
  for (int i = 0; i < count; i++) {
    std::string option = texts[i], value = option.substr(option.find('=') + 1);
    if (startsWith(option, "--gpu-architecture=") || startsWith(option, "-arch=")) {
      bool real = startsWith(value, "sm_");
      int number = real || startsWith(value, "compute_") ? atoi(value.c_str() + value.find('_') + 1) : 0;
      if (std::find(std::begin(ARCHITECTURES), std::end(ARCHITECTURES), number) ==
          std::end(ARCHITECTURES)) {
        return option;
      }
      options.binary = real;
    } else if (startsWith(option, "-D") || startsWith(option, "-U") || startsWith(option, "-I")) {
      options.flags.push_back(option);
    } else if (startsWith(option, "--define-macro=")) {
      options.flags.push_back("-D" + value);
    } else if (startsWith(option, "--include-path=")) {
      options.flags.push_back("-I" + value);
    } else if (std::none_of(std::begin(ignored), std::end(ignored),
                            [&](const char* start) { return startsWith(option, start); })) {
      return option;
    }
  }
  return "";
}

bool isWord(char c) { return isalnum((unsigned char)c) || c == '_'; }

/* The names of functions that are declared extern "C" __global__: they are asked for without an expression. */
std::vector<std::string> plainKernels(const std::string& source) {
  std::vector<std::string> names;
  const std::string start = "extern \"C\" __global__";
  for (size_t at = source.find(start); at != std::string::npos; at = source.find(start, at + 1)) {
    size_t end = source.find_first_of("{;", at);
    std::string head = source.substr(at + start.size(), end - at - start.size());
    size_t bounds = head.find("__launch_bounds__");
    size_t open = head.find('(', bounds == std::string::npos ? 0 : head.find(')', bounds));
    if (open == std::string::npos || open == 0) {
      continue;
    }
    size_t last = head.find_last_not_of(" \t\n", open - 1), first = last;
    while (first > 0 && isWord(head[first - 1])) {
      first--;
    }
    names.push_back(head.substr(first, last - first + 1));
  }
  return names;
}

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
    }
    result += c;
  }
  return result + '"';
}

/* The program's own text; what its name expressions make of it comes after. */
std::string ownText(const Program& program) {
  return "#line 1 " + quoted(program.name) + "\n" + program.source + "\n";
}

std::string moduleText(const Program& program) {
  std::string text = "EMULATOR_MODULE(";
  for (auto& name : plainKernels(program.source)) {
    text += "EMULATOR_KERNEL(" + quoted(name) + ", " + name + ")\n";
  }
  for (auto& expression : program.expressions) {
    size_t first = expression.find_first_not_of("& ");
    text += "EMULATOR_KERNEL(" + quoted(expression) + ", " +
            expression.substr(first == std::string::npos ? 0 : first) + ")\n";
  }
  return text + ")\n";
}

/* Writes g++'s "file:line:column: error" as NVRTC's "file(line): error", and files as the program knows them. */
std::string translated(const std::string& log, const std::string& folder) {
  std::string result;
  for (size_t at = 0; at < log.size();) {
    size_t end = std::min(log.find('\n', at), log.size());
    std::string line = log.substr(at, end - at);
    at = end + 1;
    for (size_t found; (found = line.find(folder + "/")) != std::string::npos;) {
      line.erase(found, folder.size() + 1);
    }
    size_t colon = line.find(':'), digits = colon == std::string::npos ? colon : colon + 1;
    size_t after = digits == std::string::npos ? digits : line.find_first_not_of("0123456789", digits);
    if (after != std::string::npos && after > digits && line[after] == ':') {
      size_t text = line.find_first_not_of("0123456789", after + 1);
      text = text != std::string::npos && text > after + 1 && line[text] == ':' ? text : after;
      line = line.substr(0, colon) + "(" + line.substr(digits, after - digits) + ")" + line.substr(text);
    }
    result += line + "\n";
  }
  return result;
}

std::vector<std::string> words(const char* text) {
  std::vector<std::string> result;
  for (std::string rest = text; !rest.empty();) {
    size_t end = rest.find(' ');
    result.push_back(rest.substr(0, end));
    rest = end == std::string::npos ? "" : rest.substr(end + 1);
  }
  return result;
}

void removeTree(const std::string& folder) { runCommand({"rm", "-rf", "--", folder}); }

std::string cacheFolder() {
  const char* chosen = getenv("CHAGRES_EMULATOR_CACHE");
  return chosen ? chosen : ownFolder() + "/modules";
}

/* A folder of the program's headers, which those that have the same ones share. */
std::string headerFolder(const Program& program) {
  std::string all;
  for (auto& [name, text] : program.headers) {
    all += name + '\0' + text + '\0';
  }
  char name[40];
  snprintf(name, sizeof(name), "/headers-%016llx", (unsigned long long)hashOf(all));
  std::string folder = cacheFolder() + name;
  if (access(folder.c_str(), F_OK) != 0) {
    std::string fresh = cacheFolder() + "/fresh-XXXXXX";
    if (!mkdtemp(fresh.data())) {
      return folder;
    }
    for (auto& [name, text] : program.headers) {
      std::string path = fresh + "/" + name;
      makeFolders(path.substr(0, path.rfind('/')));
      writeFile(path, text);
    }
    if (rename(fresh.c_str(), folder.c_str()) != 0) {
      removeTree(fresh);  // somebody else was faster
    }
  }
  return folder;
}

/* The compiler with the flags of every module, and those of a program. */
std::vector<std::string> compilerOf(const Options& options, const std::string& headers) {
  auto command = words(EMULATOR_COMPILER);
  for (auto& flag : words(EMULATOR_FLAGS)) {
    command.push_back(flag);
  }
  command.push_back("-I" + headers);
  command.insert(command.end(), options.flags.begin(), options.flags.end());
  return command;
}

/*
 * A header of the prelude and a program's own text, compiled ahead for all modules that are made of them, which takes
 * two thirds of the time that each takes. Empty if the text does not compile: then the module's messages say why.
 */
std::string compiledAhead(const Program& program, const Options& options, const std::string& headers) {
  auto command = compilerOf(options, headers);
  std::string text = "#include " + quoted(ownFolder() + "/prelude/prelude.hpp") + "\n" + ownText(program);
  std::string all = std::string(EMULATOR_BUILD) + '\0' + text;
  for (auto& argument : command) {
    all += '\0' + argument;
  }
  char name[40];
  snprintf(name, sizeof(name), "/ahead-%016llx", (unsigned long long)hashOf(all));
  std::string folder = cacheFolder() + name;
  if (access(folder.c_str(), F_OK) != 0) {
    std::string fresh = cacheFolder() + "/fresh-XXXXXX";
    if (!mkdtemp(fresh.data())) {
      return "";
    }
    std::string header = fresh + "/text.hpp";
    writeFile(header, text);
    for (auto& argument : {std::string("-x"), std::string("c++-header"), header, std::string("-o"), header + ".gch"}) {
      command.push_back(argument);
    }
    if (runCommand(command).status != 0) {
      removeTree(fresh);
      return "";
    }
    if (rename(fresh.c_str(), folder.c_str()) != 0) {
      removeTree(fresh);  // somebody else was faster
    }
  }
  return folder + "/text.hpp";
}

/* Compiles a program to a library: both files of this path, .cpp and .so, are there whole or not at all. */
int compileTo(const std::string& path, Program& program, const Options& options) {
  makeFolders(cacheFolder());
  std::string headers = headerFolder(program), folder = cacheFolder() + "/work-XXXXXX";
  if (!mkdtemp(folder.data())) {
    program.log = "no folder to work in: " + folder;
    return NVRTC_ERROR_INTERNAL_ERROR;
  }
  std::string main = folder + "/main.cpp", product = folder + "/main.so", given = "-I" + headers;
  for (auto& flag : options.flags) {
    given += " " + flag;
  }
  /* The first line says how the program is compiled, for who compiles it again with a sanitizer. */
  writeFile(main, "//" + given + "\n" + ownText(program) + moduleText(program));
  std::string ahead = compiledAhead(program, options, headers), compiled = main;
  if (!ahead.empty()) {
    compiled = folder + "/module.cpp";
    writeFile(compiled, moduleText(program));
  }
  auto command = compilerOf(options, headers);
  for (auto& argument : {std::string("-include"), ahead.empty() ? ownFolder() + "/prelude/prelude.hpp" : ahead,
                         std::string("-shared"), std::string("-nostdlib"), compiled, std::string("-lm"),
                         std::string("-lgcc"), std::string("-o"), product}) {
    command.push_back(argument);
  }
  auto finished = runCommand(command);
  program.log = translated(translated(finished.output, folder), headers);
  bool made = finished.status == 0 && rename(main.c_str(), (path + ".cpp").c_str()) == 0 &&
              rename(product.c_str(), (path + ".so").c_str()) == 0;
  for (auto& each : {main, product, folder + "/module.cpp"}) {
    unlink(each.c_str());
  }
  rmdir(folder.c_str());
  return made ? NVRTC_SUCCESS : NVRTC_ERROR_COMPILATION;
}

int compile(Program& program, const Options& options) {
  std::string all = std::string(EMULATOR_BUILD) + '\0' + ownText(program) + moduleText(program);
  for (auto& flag : options.flags) {
    all += '\0' + flag;
  }
  for (auto& [name, text] : program.headers) {
    all += '\0' + name + '\0' + text;
  }
  ImageHeader header = {};
  memcpy(header.magic, IMAGE_MAGIC, sizeof(header.magic));
  snprintf(header.key, sizeof(header.key), "%016llx%016llx", (unsigned long long)hashOf(all),
           (unsigned long long)hashOf(all, 1));
  std::string path = cacheFolder() + "/" + header.key, bytes = readFile(path + ".so");
  if (bytes.empty() || access((path + ".cpp").c_str(), F_OK) != 0) {
    if (int failed = compileTo(path, program, options)) {
      return failed;
    }
    bytes = readFile(path + ".so");
  }
  header.size = bytes.size();
  header.hash = hashOf(bytes);
  program.image = std::string((const char*)&header, sizeof(header)) + bytes;
  program.binary = options.binary;
  program.compiled = true;
  return NVRTC_SUCCESS;
}

/* For a virtual architecture there is PTX alone. */
int giveImage(Program* program, bool binary, char* to, size_t* size) {
  return withProgram(program, [&](Program& each) -> int {
    if (!each.compiled) {
      return NVRTC_ERROR_INVALID_PROGRAM;
    }
    bool wanted = each.binary || !binary;
    if (size) {
      *size = wanted ? each.image.size() : 0;
    } else if (wanted) {
      memcpy(to, each.image.data(), each.image.size());
    }
    return NVRTC_SUCCESS;
  });
}

}  // namespace
}  // namespace emulator

using namespace emulator;

/* Who keeps images by this version never meets those of another emulator, or gives ours to a GPU. */
EMULATOR_API int nvrtcVersion(int* major, int* minor) {
  *major = 13;
  *minor = 1000 + (int)(hashOf(std::string(IMAGE_MAGIC) + EMULATOR_BUILD) % 1000000);
  return NVRTC_SUCCESS;
}

EMULATOR_API const char* nvrtcGetErrorString(int result) {
  return result >= 0 && result <= NVRTC_ERROR_INTERNAL_ERROR ? RESULT_NAMES[result]
                                                             : "NVRTC_ERROR unknown";
}

EMULATOR_API int nvrtcGetNumSupportedArchs(int* count) {
  *count = (int)std::size(ARCHITECTURES);
  return NVRTC_SUCCESS;
}

EMULATOR_API int nvrtcGetSupportedArchs(int* architectures) {
  std::copy(std::begin(ARCHITECTURES), std::end(ARCHITECTURES), architectures);
  return NVRTC_SUCCESS;
}

EMULATOR_API int nvrtcCreateProgram(Program** handle, const char* source, const char* name, int count,
                                    const char* const* headers, const char* const* names) {
  if (!handle || !source || count < 0 || (count > 0 && (!headers || !names))) {
    return NVRTC_ERROR_INVALID_INPUT;
  }
  auto* program = new Program{source, name && *name ? name : "default_program", {}, {}, {}, {}};
  for (int i = 0; i < count; i++) {
    program->headers.emplace_back(names[i], headers[i]);
  }
  std::lock_guard hold(mutex);
  programs().insert(program);
  *handle = program;
  return NVRTC_SUCCESS;
}

EMULATOR_API int nvrtcDestroyProgram(Program** handle) {
  std::lock_guard hold(mutex);
  if (!handle || !programs().erase(*handle)) {
    return NVRTC_ERROR_INVALID_PROGRAM;
  }
  delete *handle;
  *handle = nullptr;
  return NVRTC_SUCCESS;
}

EMULATOR_API int nvrtcAddNameExpression(Program* program, const char* expression) {
  return withProgram(program, [&](Program& each) -> int {
    if (each.compiled) {
      return NVRTC_ERROR_NO_NAME_EXPRESSIONS_AFTER_COMPILATION;
    }
    auto& all = each.expressions;
    if (std::find(all.begin(), all.end(), expression) == all.end()) {
      all.push_back(expression);
    }
    return NVRTC_SUCCESS;
  });
}

EMULATOR_API int nvrtcCompileProgram(Program* program, int count, const char* const* options) {
  return withProgram(program, [&](Program& each) -> int {
    Options parsed;
    std::string wrong = parse(count, options, parsed);
    if (!wrong.empty()) {
      each.log = "nvrtc: error: invalid value or unknown option " + wrong + "\n";
      return NVRTC_ERROR_INVALID_OPTION;
    }
    return compile(each, parsed);
  });
}

EMULATOR_API int nvrtcGetProgramLogSize(Program* program, size_t* size) {
  return withProgram(program, [&](Program& each) -> int {
    *size = each.log.size() + 1;
    return NVRTC_SUCCESS;
  });
}

EMULATOR_API int nvrtcGetProgramLog(Program* program, char* log) {
  return withProgram(program, [&](Program& each) -> int {
    memcpy(log, each.log.c_str(), each.log.size() + 1);
    return NVRTC_SUCCESS;
  });
}

EMULATOR_API int nvrtcGetPTXSize(Program* program, size_t* size) {
  return giveImage(program, false, nullptr, size);
}

EMULATOR_API int nvrtcGetPTX(Program* program, char* image) {
  return giveImage(program, false, image, nullptr);
}

EMULATOR_API int nvrtcGetCUBINSize(Program* program, size_t* size) {
  return giveImage(program, true, nullptr, size);
}

EMULATOR_API int nvrtcGetCUBIN(Program* program, char* image) {
  return giveImage(program, true, image, nullptr);
}

EMULATOR_API int nvrtcGetLoweredName(Program* program, const char* expression, const char** name) {
  return withProgram(program, [&](Program& each) -> int {
    if (!each.compiled) {
      return NVRTC_ERROR_NO_LOWERED_NAMES_BEFORE_COMPILATION;
    }
    auto found = std::find(each.expressions.begin(), each.expressions.end(), expression);
    if (found == each.expressions.end()) {
      return NVRTC_ERROR_NAME_EXPRESSION_NOT_VALID;
    }
    *name = found->c_str();
    return NVRTC_SUCCESS;
  });
}
