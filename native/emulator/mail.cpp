#include "mail.hpp"

#include <dirent.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "process.hpp"

namespace emulator {

namespace {

std::string temporary() {
  const char* folder = getenv("TMPDIR");
  return folder && *folder ? folder : "/tmp";
}

bool exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

}  // namespace

Mail::Mail(const std::string& name, int ranks) : folder_(temporary() + "/chagres-" + name), ranks_(ranks) {
  makeFolders(folder_);
}

void Mail::enter(int rank, const std::string& card) {
  put(folder_ + "/process-" + std::to_string(rank), std::to_string(getpid()));
  put(folder_ + "/rank-" + std::to_string(rank), card);
}

std::string Mail::card(int rank) const { return readFile(folder_ + "/rank-" + std::to_string(rank)); }

void Mail::send(const std::string& letter, int from, int to, const std::string& text) const {
  put(file(letter, from, to), text);
}

bool Mail::receive(const std::string& letter, int from, int to, std::string& text) const {
  auto path = file(letter, from, to);
  if (!exists(path)) {
    return false;
  }
  text = readFile(path);
  unlink(path.c_str());
  return true;
}

void Mail::leave(int rank) const {
  put(folder_ + "/left-" + std::to_string(rank), "");
  for (int each = 0; each < ranks_; each++) {
    if (!hasLeft(each)) {
      return;
    }
  }
  if (DIR* files = opendir(folder_.c_str())) {
    while (dirent* each = readdir(files)) {
      unlink((folder_ + "/" + each->d_name).c_str());
    }
    closedir(files);
  }
  rmdir(folder_.c_str());
}

bool Mail::hasLeft(int rank) const {
  if (exists(folder_ + "/left-" + std::to_string(rank))) {
    return true;
  }
  auto process = readFile(folder_ + "/process-" + std::to_string(rank));
  return !process.empty() && kill((pid_t)std::stol(process), 0) != 0 && errno == ESRCH;
}

std::string Mail::file(const std::string& letter, int from, int to) const {
  return folder_ + "/" + letter + "-" + std::to_string(from) + "-" + std::to_string(to);
}

/* Who looks finds all of it or nothing. */
void Mail::put(const std::string& path, const std::string& text) const {
  if (!writeFile(path + ".new", text) || rename((path + ".new").c_str(), path.c_str()) != 0) {
    fprintf(stderr, "the emulator cannot write %s\n", path.c_str());
  }
}

}  // namespace emulator
