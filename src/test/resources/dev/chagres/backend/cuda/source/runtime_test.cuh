struct Three {
  long long a, b;
  double c;
};

struct Fault {
  unsigned long long *word;
  unsigned long long code;
};
