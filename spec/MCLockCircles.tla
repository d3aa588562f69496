--------------------------- MODULE MCLockCircles ---------------------------
(* LockOrder with those three of the recorded plans that could wait in a      *)
(* circle: each minds the next at a step at which it waits, and the one       *)
(* before it minds that step or an earlier one. Who is no maintenance is      *)
(* nobody in particular.                                                      *)
EXTENDS LockOrder

Recorded == INSTANCE LockPlans
AllPlans == Recorded!Plans

Circles ==
  LET all == TLCEval(AllPlans)
      LocksOf(p) == {LockOn(all[p].steps[i]) : i \in DOMAIN all[p].steps}
      minders == TLCEval([lock \in UNION {LocksOf(p) : p \in DOMAIN all} |->
                            {p \in DOMAIN all : Minds(all[p], lock)}])
      op == [p \in DOMAIN all |-> IF all[p].op \in Maintenance THEN all[p].op ELSE "any"]
      Among(p, others) ==
        LET Matters(step) == minders[LockOn(step)] \cap others # {}
        IN [op |-> op[p], steps |-> SelectSeq(all[p].steps, Matters)]
      alike == TLCEval([p \in DOMAIN all |-> Among(p, DOMAIN all)])
      firsts == TLCEval({p \in DOMAIN all : \A q \in 1..(p - 1) : alike[q] # alike[p]})
      later == TLCEval([p \in firsts |->
                 {q \in firsts \cap UNION {minders[lock] : lock \in LocksOf(p)} : q >= p}])
      \* Where others mind the plan first, and where it waits for others last.
      steps == TLCEval([p \in firsts |-> [i \in DOMAIN all[p].steps |->
                 minders[LockOn(all[p].steps[i])] \cap firsts]])
      Minding(p, q) == {i \in DOMAIN steps[p] : q \in steps[p][i]}
      Least(is) == CHOOSE i \in is : \A j \in is : i <= j
      Most(is) == CHOOSE i \in is : \A j \in is : i >= j
      first == TLCEval([p \in firsts |-> TLCEval([q \in firsts |->
                 Least(Minding(p, q) \cup {Len(all[p].steps) + 1})])])
      last == TLCEval([p \in firsts |-> TLCEval([q \in firsts |->
                Most({i \in Minding(p, q) : all[p].steps[i].policy = "wait"} \cup {0})])])
      Between(p, q, r) == first[q][p] <= last[q][r]
      Circle(p, q, r) == Between(p, q, r) /\ Between(q, r, p) /\ Between(r, p, q)
      Third(p, q) == {r \in later[p] \cap later[q] : Circle(p, q, r) \/ Circle(p, r, q)}
  IN UNION {UNION {{<<Among(p, {q, r}), Among(q, {p, r}), Among(r, {p, q})>> :
                      r \in Third(p, q)} : q \in later[p]} : p \in firsts}
=============================================================================
