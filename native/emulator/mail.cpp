#include "mail.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include "process.hpp"

namespace emulator {

namespace {

const std::string FOLDER = "chagres-nccl-emulator-", LOCK = "here-";

std::string temporary() {
  const char* folder = getenv("TMPDIR");
  return folder && *folder ? folder : "/tmp";
}

std::vector<std::string> namesIn(const std::string& folder) {
  std::vector<std::string> names;
  if (DIR* files = opendir(folder.c_str())) {
    while (dirent* each = readdir(files)) {
      std::string name = each->d_name;
      if (name != "." && name != "..") {
        names.push_back(name);
      }
    }
    closedir(files);
  }
  return names;
}

bool lock(int file) { return flock(file, LOCK_EX | LOCK_NB) == 0; }

/* Whether what is open is what the path leads to now. */
bool isAt(const std::string& path, int file) {
  struct stat opened, there;
  return fstat(file, &opened) == 0 && stat(path.c_str(), &there) == 0 && opened.st_ino == there.st_ino;
}

/*
 * Takes a folder away if nobody is there; who comes meanwhile finds a lock that is held, or no folder, and tries anew.
 * One looks at a time: two who leave together would each take the other, looking, for one who is still there.
 */
void removeDeserted(const std::string& folder) {
  int looking = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (looking < 0) {
    return;
  }
  while (flock(looking, LOCK_EX) != 0 && errno == EINTR) {
  }
  if (!isAt(folder, looking)) {
    close(looking);
    return;
  }
  auto names = namesIn(folder);
  std::vector<int> locks;
  bool deserted = true;
  for (auto& name : names) {
    if (name.starts_with(LOCK)) {
      locks.push_back(open((folder + "/" + name).c_str(), O_RDWR | O_CLOEXEC));
      deserted = deserted && locks.back() >= 0 && lock(locks.back());
    }
  }
  if (deserted) {
    for (auto& name : names) {
      unlink((folder + "/" + name).c_str());
    }
    rmdir(folder.c_str());
  }
  for (int each : locks) {
    close(each);
  }
  close(looking);
}

}  // namespace

Mail::Mail(const std::string& name) : folder_(temporary() + "/" + FOLDER + name) {}

Mail::~Mail() {
  while (!locks_.empty()) {
    leave(locks_.begin()->first);
  }
}

void Mail::enter(int rank, const std::string& card) {
  for (auto& name : namesIn(temporary())) {
    if (name.starts_with(FOLDER)) {
      removeDeserted(temporary() + "/" + name);
    }
  }
  locks_[rank] = holdLock(rank);
  put(folder_ + "/rank-" + std::to_string(rank), card);
}

/* Returns the open file, or -1 where that cannot be had. */
int Mail::holdLock(int rank) const {
  auto path = folder_ + "/" + LOCK + std::to_string(rank);
  for (int tries = 0; tries < 100; tries++) {
    makeFolders(folder_);
    int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (file >= 0 && lock(file) && isAt(path, file)) {
      return file;
    }
    if (file >= 0) {
      close(file);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  fprintf(stderr, "the emulator cannot hold %s\n", path.c_str());
  return -1;
}

std::string Mail::card(int rank) const { return readFile(folder_ + "/rank-" + std::to_string(rank)); }

void Mail::send(const std::string& letter, int from, int to, const std::string& text) const {
  put(file(letter, from, to), text);
}

bool Mail::receive(const std::string& letter, int from, int to, std::string& text) const {
  auto path = file(letter, from, to);
  if (access(path.c_str(), F_OK) != 0) {
    return false;
  }
  text = readFile(path);
  unlink(path.c_str());
  return true;
}

void Mail::leave(int rank) {
  auto held = locks_.extract(rank);
  if (held && held.mapped() >= 0) {
    close(held.mapped());
  }
  removeDeserted(folder_);
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
