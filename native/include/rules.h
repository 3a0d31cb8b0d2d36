/*
 * The rules of optimizers that change each element by itself, by its gradient and what is kept about it. Each comes with the
 * numbers of a step, of which all have the first three, and with the tensors that it keeps, behind the parameter and the gradient:
 *
 *   0 weight decay in the gradient   1 the gradient's sign, 1 or -1   2 what the parameter is multiplied by first
 *
 * The formulas are in steps.h.
 */
#ifndef CHAGRES_RULES_H
#define CHAGRES_RULES_H

enum ch_rule {
  CH_RULE_RMSPROP,  /* 3 alpha, 1 - alpha, eps, momentum, -lr; square_avg, momentum_buffer if any, grad_avg if any */
  CH_RULE_ADAGRAD,  /* 3 eps, -lr; sum */
  CH_RULE_ADADELTA, /* 3 rho, 1 - rho, eps, -lr; square_avg, acc_delta */
  CH_RULE_ADAMAX,   /* 3 1 - beta1, beta2, eps, -lr / correction; exp_avg, exp_inf */
  CH_RULE_NADAM,    /* 3 1 - beta1, beta2, 1 - beta2, eps, correction 2, factors of gradient and mean; exp_avg, exp_avg_sq */
  CH_RULE_RADAM,    /* 3 1 - beta1, beta2, 1 - beta2, eps, correction 1, lr, root of correction 2, rectification; as NADAM */
  CH_RULE_ASGD,     /* 3 -eta, mu; ax */
  CH_RULE_RPROP     /* 3 eta minus, eta plus, least and greatest step; prev, step_size */
};

enum ch_rule_flag {
  CH_RULE_DECAYS = 1,   /* the first number counts */
  CH_RULE_LATER = 2,    /* RAdam: the squares count; ASGD: the average is one */
  CH_RULE_MOMENTUM = 4, /* RMSprop keeps a momentum */
  CH_RULE_CENTERED = 8  /* RMSprop keeps an average of the gradient */
};

enum { CH_RULE_NUMBERS = 12, CH_RULE_TENSORS = 5 };

#endif
