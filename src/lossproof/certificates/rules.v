(* The rules of the rulebook, proved over the real numbers of Coq.

   First what the functions are that Coq does not have; then one lemma for each rule, whose statement is
   the one that lossproof writes from the rule itself (lossproof/certificates/statements.py), so that what
   is proved here is what its kernel applies; then the tactics that show side conditions and check the
   normal forms, whose every use is proved anew.

   Everything is a real number, sizes and indices too; an array is a function of its indices, and so is a
   matrix, of which the last part is. *)

From Coq Require Import Reals Lra Lia ZArith List FunctionalExtensionality Classical_Prop.
From Coquelicot Require Import Coquelicot.
Import ListNotations.
Open Scope R_scope.

(* How many numbers m, m + 1, ... there are that are not larger than n. *)
Definition terms (m n : R) : nat := Z.to_nat (Int_part (n - m) + 1).

(* i is one of m, m + 1, ..., n. *)
Definition within (m n i : R) : Prop := exists k : nat, (k < terms m n)%nat /\ i = m + INR k.

Definition count (a : R) : Prop := exists k : nat, a = INR k.
Definition integer (a : R) : Prop := exists z : Z, a = IZR z.

Fixpoint sum_of (k : nat) (f : nat -> R) : R :=
  match k with O => 0 | S p => sum_of p f + f p end.
Fixpoint product_of (k : nat) (f : nat -> R) : R :=
  match k with O => 1 | S p => product_of p f * f p end.

(* The sum and the product of f m, f (m + 1), ..., f n. *)
Definition Sum (m n : R) (f : R -> R) : R := sum_of (terms m n) (fun k => f (m + INR k)).
Definition Product (m n : R) (f : R -> R) : R := product_of (terms m n) (fun k => f (m + INR k)).

Definition add_list (l : list R) : R := match l with [] => 0 | a :: rest => fold_left Rplus rest a end.
Definition multiply_list (l : list R) : R := match l with [] => 1 | a :: rest => fold_left Rmult rest a end.

(* a^b: by multiplying if b is an integer, by exponential and logarithm if a is positive. *)
Definition power (a b : R) : R :=
  if Req_EM_T b (IZR (Int_part b)) then powerRZ a (Int_part b)
  else if Rlt_dec 0 a then exp (b * ln a) else 0.

Definition Kronecker (i k : R) : R := if Req_EM_T i k then 1 else 0.
Definition sigmoid (z : R) : R := / (1 + exp (- z)).
Definition softplus (z : R) : R := ln (1 + exp z).
Definition factorial (a : R) : R := INR (fact (Z.to_nat (Int_part a))).

(* x lies strictly between two ends, which may be infinite. *)
Definition between (a b : Rbar) (x : R) : Prop := Rbar_lt a x /\ Rbar_lt x b.
Definition just_after (a : Rbar) : (R -> Prop) -> Prop := match a with Finite r => at_right r | _ => Rbar_locally a end.
Definition just_before (b : Rbar) : (R -> Prop) -> Prop := match b with Finite r => at_left r | _ => Rbar_locally b end.

(* The integral of f from a to b is v: f has an antiderivative between them, but for finitely many points,
   which is continuous and whose limits at the two ends differ by v; there is nothing between ends in the wrong order. *)
Definition antiderivative (a b : Rbar) (f F : R -> R) : Prop :=
  (forall x, between a b x -> continuous F x) /\
  exists l, forall x, between a b x -> ~ In x l -> is_derive F x (f x).
Definition is_integral (a b : Rbar) (f : R -> R) (v : R) : Prop :=
  (Rbar_lt a b /\ exists (F : R -> R) (p q : R), antiderivative a b f F /\
    filterlim F (just_after a) (locally p) /\ filterlim F (just_before b) (locally q) /\ v = q - p) \/
  (~ Rbar_lt a b /\ v = 0).
(* f has an integral and so has its absolute value; the integral that f then has. *)
Definition integrable (a b : Rbar) (f : R -> R) : Prop :=
  (exists v, is_integral a b f v) /\ exists v, is_integral a b (fun x => Rabs (f x)) v.
Definition Integral (a b : Rbar) (f : R -> R) : R := real (Lub_Rbar (is_integral a b f)).

(* k is one of m, m + 1, ...; the sum of f m, f (m + 1), ..., and that it converges absolutely. *)
Definition following (m k : R) : Prop := exists p : nat, k = m + INR p.
Definition summable (m : R) (f : R -> R) : Prop := ex_series (fun p => Rabs (f (m + INR p))).
Definition Sum_from (m : R) (f : R -> R) : R := Series (fun p => f (m + INR p)).

Definition Where (gap yes no : R) : R := if Rle_dec 0 gap then yes else no.
Definition erf (x : R) : R := 2 / sqrt PI * RInt (fun t => exp (- (t * t))) 0 x.

(* What is used of the gamma function, which the library does not have. *)
Definition gamma_function (Gamma : R -> R) : Prop :=
  Gamma 1 = 1 /\ forall x, 0 < x -> 0 < Gamma x /\ Gamma (x + 1) = x * Gamma x /\
    ex_derive Gamma x /\ ex_derive (Derive Gamma) x /\ is_integral 0 p_infty (fun t => power t (x - 1) * exp (- t)) (Gamma x).
(* What is used of the modified Bessel functions, which the library does not have either. *)
Definition bessel_function (Bessel : R -> R -> R) : Prop :=
  forall x, 0 < Bessel 0 x /\ is_integral 0 PI (fun t => exp (x * cos t)) (PI * Bessel 0 x).
Definition digamma (Gamma : R -> R) (x : R) : R := Derive Gamma x / Gamma x.
Definition trigamma (Gamma : R -> R) (x : R) : R := Derive (digamma Gamma) x.

(* The array w with a in the place of its j-th element. *)
Definition update {A : Type} (w : R -> A) (j : R) (a : A) : R -> A := fun k => if Req_EM_T k j then a else w k.

(* How two functions of the parameters t in D are related. *)
Definition ordered {T : Type} (reverses : bool) (D : T -> Prop) (F G : T -> R) : Prop :=
  forall t u, D t -> D u -> (F t <= F u <-> if reverses then G u <= G t else G t <= G u).
Definition up_to_constant {T : Type} (D : T -> Prop) (F G : T -> R) : Prop :=
  exists c, forall t, D t -> F t = c + G t.
Definition proportional {T : Type} (D : T -> Prop) (F G : T -> R) : Prop :=
  exists c, 0 < c /\ forall t, D t -> F t = c * G t.

Definition maximiser {T : Type} (D : T -> Prop) (F : T -> R) (t : T) : Prop := D t /\ forall u, D u -> F u <= F t.
Definition minimiser {T : Type} (D : T -> Prop) (F : T -> R) (t : T) : Prop := D t /\ forall u, D u -> F t <= F u.

Lemma equal_is_ordered : forall (T : Type) (D : T -> Prop) (F G : T -> R),
  (forall t, D t -> F t = G t) -> ordered false D F G.
Proof. intros T D F G H t u Ht Hu. rewrite (H t Ht), (H u Hu). tauto. Qed.

Lemma up_to_constant_is_ordered : forall (T : Type) (D : T -> Prop) (F G : T -> R),
  up_to_constant D F G -> ordered false D F G.
Proof. intros T D F G [c H] t u Ht Hu. rewrite (H t Ht), (H u Hu). split; lra. Qed.

Lemma proportional_is_ordered : forall (T : Type) (D : T -> Prop) (F G : T -> R),
  proportional D F G -> ordered false D F G.
Proof.
  intros T D F G [c [Hc H]] t u Ht Hu. rewrite (H t Ht), (H u Hu). split.
  - apply Rmult_le_reg_l; assumption.
  - apply Rmult_le_compat_l; lra.
Qed.

Lemma ordered_trans : forall (T : Type) (D : T -> Prop) (F G H : T -> R) (a b : bool),
  ordered a D F G -> ordered b D G H -> ordered (xorb a b) D F H.
Proof.
  intros T D F G H a b FG GH t u Ht Hu. specialize (FG t u Ht Hu).
  destruct a; [specialize (GH u t Hu Ht) | specialize (GH t u Ht Hu)]; destruct b; simpl in *; tauto.
Qed.

Lemma same_maximisers : forall (T : Type) (D : T -> Prop) (F G : T -> R), ordered false D F G ->
  forall t, maximiser D F t <-> maximiser D G t.
Proof.
  intros T D F G H t; split; intros [Ht Hmax]; (split; [exact Ht |]); intros u Hu; apply (H u t Hu Ht), Hmax, Hu.
Qed.

Lemma maximisers_are_minimisers : forall (T : Type) (D : T -> Prop) (F G : T -> R), ordered true D F G ->
  forall t, maximiser D F t <-> minimiser D G t.
Proof.
  intros T D F G H t; split; intros [Ht Hmax]; (split; [exact Ht |]); intros u Hu; apply (H u t Hu Ht), Hmax, Hu.
Qed.

(* Matrices: functions of a row and a column that are 0 outside of their rows and columns, so that
   two matrices are equal if their entries are. *)
Lemma within_dec : forall m n i : R, {within m n i} + {~ within m n i}.
Proof.
  intros m n i. destruct (Req_EM_T i (m + INR (Z.to_nat (Int_part (i - m))))) as [E | E].
  - destruct (le_lt_dec (terms m n) (Z.to_nat (Int_part (i - m)))) as [H | H].
    + right. intros [k [Hk ->]]. apply Rplus_eq_reg_l, INR_eq in E. lia.
    + left. exists (Z.to_nat (Int_part (i - m))). split; assumption.
  - right. intros [k [Hk ->]]. apply E. f_equal. f_equal.
    replace (m + INR k - m) with (IZR (Z.of_nat k)) by (rewrite <- INR_IZR_INZ; ring).
    replace (Int_part (IZR (Z.of_nat k))) with (Z.of_nat k); [symmetry; apply Nat2Z.id |].
    destruct (base_Int_part (IZR (Z.of_nat k))) as [below above].
    apply Z.le_antisymm; [apply Zlt_succ_le, lt_IZR; rewrite succ_IZR; lra | apply le_IZR; exact below].
Qed.

Definition matrix (r c : R) (x : R -> R -> R) : R -> R -> R :=
  fun i j => if within_dec 1 r i then if within_dec 1 c j then x i j else 0 else 0.
Definition column (n : R) (v : R -> R) : R -> R -> R := matrix n 1 (fun i _ => v i).
Definition identity (n : R) : R -> R -> R := matrix n n Kronecker.
Definition mat_sum (A B : R -> R -> R) : R -> R -> R := fun i j => A i j + B i j.
Definition mat_scale (a : R) (A : R -> R -> R) : R -> R -> R := fun i j => a * A i j.
(* The product of matrices with m columns and with m rows. *)
Definition mat_product (m : R) (A B : R -> R -> R) : R -> R -> R := fun i j => Sum 1 m (fun k => A i k * B k j).
Definition transpose (A : R -> R -> R) : R -> R -> R := fun i j => A j i.
Definition no_entries : R -> R -> R := fun _ _ => 0.
Definition mat_add_list (l : list (R -> R -> R)) : R -> R -> R :=
  match l with [] => no_entries | A :: rest => fold_left mat_sum rest A end.
Definition sum_of_squares (n : R) (A : R -> R -> R) : R := Sum 1 n (fun i => power (A i 1) 2).
(* The column of the partial derivatives. *)
Definition gradient (n : R) (u : (R -> R) -> R) (w : R -> R) : R -> R -> R :=
  column n (fun j => Derive (fun t => u (update w j t)) (w j)).

Definition sized (r c : R) (A : R -> R -> R) : Prop := forall i j, ~ (within 1 r i /\ within 1 c j) -> A i j = 0.
Definition nonzero_matrix (r c : R) (A : R -> R -> R) : Prop := sized r c A /\ exists i j, A i j <> 0.
Definition symmetric (n : R) (A : R -> R -> R) : Prop := sized n n A /\ transpose A = A.
Definition positive_definite (n : R) (A : R -> R -> R) : Prop :=
  symmetric n A /\ forall v, nonzero_matrix n 1 v -> 0 < mat_product n (mat_product n (transpose v) A) v 1 1.
Definition positive_semidefinite (n : R) (A : R -> R -> R) : Prop :=
  symmetric n A /\ forall v, sized n 1 v -> 0 <= mat_product n (mat_product n (transpose v) A) v 1 1.
Definition full_column_rank (d : R) (A : R -> R -> R) : Prop :=
  forall v, sized d 1 v -> mat_product d A v = no_entries -> v = no_entries.
Definition are_inverse (n : R) (A B : R -> R -> R) : Prop :=
  sized n n B /\ mat_product n A B = identity n /\ mat_product n B A = identity n.
Definition invertible (n : R) (A : R -> R -> R) : Prop := sized n n A /\ exists B, are_inverse n A B.
(* The one matrix that is inverse to A, if there is one. *)
Definition inverse (n : R) (A : R -> R -> R) : R -> R -> R :=
  fun i j => real (Lub_Rbar (fun a => exists B, are_inverse n A B /\ a = B i j)).

(* The determinant, expanded along the first row; q is left out of the columns. *)
Definition skip (q j : nat) : nat := if (j <? q)%nat then j else S j.
Fixpoint determinant_of (k : nat) (M : nat -> nat -> R) : R :=
  match k with
  | O => 1
  | S p => sum_of (S p) (fun q => (-1) ^ q * M O q * determinant_of p (fun i j => M (S i) (skip q j)))
  end.
Definition determinant (n : R) (A : R -> R -> R) : R :=
  determinant_of (terms 1 n) (fun p q => A (1 + INR p) (1 + INR q)).

(* Equals may be put for equals under a binder. *)
Lemma sum_of_ext : forall (k : nat) (f g : nat -> R),
  (forall p, (p < k)%nat -> f p = g p) -> sum_of k f = sum_of k g.
Proof. induction k; intros f g H; simpl; [reflexivity |]. rewrite (IHk f g), (H k); auto with arith. Qed.

Lemma product_of_ext : forall (k : nat) (f g : nat -> R),
  (forall p, (p < k)%nat -> f p = g p) -> product_of k f = product_of k g.
Proof. induction k; intros f g H; simpl; [reflexivity |]. rewrite (IHk f g), (H k); auto with arith. Qed.

Lemma Sum_ext : forall (m n : R) (f g : R -> R),
  (forall i, within m n i -> f i = g i) -> Sum m n f = Sum m n g.
Proof. intros m n f g H. apply sum_of_ext. intros p Hp. apply H. exists p; auto. Qed.

Lemma Product_ext : forall (m n : R) (f g : R -> R),
  (forall i, within m n i -> f i = g i) -> Product m n f = Product m n g.
Proof. intros m n f g H. apply product_of_ext. intros p Hp. apply H. exists p; auto. Qed.

Lemma update_self : forall (A : Type) (w : R -> A) (j : R), update w j (w j) = w.
Proof. intros; apply functional_extensionality; intro k; unfold update; destruct (Req_EM_T k j); congruence. Qed.

Lemma terms_count : forall k : nat, terms 1 (INR k) = k.
Proof.
  intros k. unfold terms.
  replace (Int_part (INR k - 1)) with (Z.of_nat k - 1)%Z.
  - replace (Z.of_nat k - 1 + 1)%Z with (Z.of_nat k) by ring. apply Nat2Z.id.
  - replace (INR k - 1) with (IZR (Z.of_nat k - 1)).
    + unfold Int_part. rewrite <- (tech_up (IZR (Z.of_nat k - 1)) (Z.of_nat k - 1 + 1)); [ring | |]; rewrite !plus_IZR; lra.
    + rewrite minus_IZR, <- INR_IZR_INZ. reflexivity.
Qed.

(* ------------------------------------------------------------------ indices *)

Lemma Int_part_IZR : forall z : Z, Int_part (IZR z) = z.
Proof.
  intros z. destruct (base_Int_part (IZR z)) as [below above].
  apply Z.le_antisymm; [apply le_IZR; exact below |].
  apply Zlt_succ_le, lt_IZR. rewrite succ_IZR. lra.
Qed.

Lemma terms_below : forall (m n : R) (k : nat), (k < terms m n)%nat <-> m + INR k <= n.
Proof.
  intros m n k. unfold terms. destruct (base_Int_part (n - m)) as [below above]. split; intros H.
  - assert (Z.of_nat k <= Int_part (n - m))%Z as K by lia. apply IZR_le in K. rewrite <- INR_IZR_INZ in K. lra.
  - assert (Z.of_nat k < Int_part (n - m) + 1)%Z as K; [| lia].
    apply lt_IZR. rewrite plus_IZR, <- INR_IZR_INZ. lra.
Qed.

Lemma within_bounds : forall m n i : R, within m n i -> m <= i <= n.
Proof. intros m n i [k [Hk ->]]. apply terms_below in Hk. pose proof (pos_INR k). lra. Qed.

Lemma within_integer : forall m n i : R, within m n i -> integer m -> integer i.
Proof.
  intros m n i [k [_ ->]] [z ->]. exists (z + Z.of_nat k)%Z. rewrite plus_IZR, <- INR_IZR_INZ. reflexivity.
Qed.

Lemma integers_are_within : forall m n i : R, integer m -> integer i -> m <= i <= n -> within m n i.
Proof.
  intros m n i [a ->] [z ->] [low high]. apply le_IZR in low.
  assert (IZR z = IZR a + INR (Z.to_nat (z - a))) as E.
  { rewrite INR_IZR_INZ, Z2Nat.id, <- plus_IZR by lia. f_equal. lia. }
  exists (Z.to_nat (z - a)). split; [apply terms_below; rewrite <- E; exact high | exact E].
Qed.

Lemma first_within : forall m n : R, m <= n -> within m n m.
Proof. intros m n H. exists O. simpl. split; [apply terms_below; simpl; lra | ring]. Qed.

Lemma integer_IZR : forall z : Z, integer (IZR z).
Proof. intros z; exists z; reflexivity. Qed.

Lemma count_integer : forall a : R, count a -> integer a.
Proof. intros a [k ->]. exists (Z.of_nat k). apply INR_IZR_INZ. Qed.

Lemma count_nonnegative : forall a : R, count a -> 0 <= a.
Proof. intros a [k ->]. apply pos_INR. Qed.

Lemma nonnegative_integer_count : forall a : R, integer a -> 0 <= a -> count a.
Proof.
  intros a [z ->] H. apply le_IZR in H. exists (Z.to_nat z). rewrite INR_IZR_INZ, Z2Nat.id; [reflexivity | exact H].
Qed.

Lemma integer_plus : forall a b : R, integer a -> integer b -> integer (a + b).
Proof. intros a b [p ->] [q ->]. exists (p + q)%Z. symmetry. apply plus_IZR. Qed.

Lemma integer_mult : forall a b : R, integer a -> integer b -> integer (a * b).
Proof. intros a b [p ->] [q ->]. exists (p * q)%Z. symmetry. apply mult_IZR. Qed.

Lemma count_plus : forall a b : R, count a -> count b -> count (a + b).
Proof. intros a b [p ->] [q ->]. exists (p + q)%nat. symmetry. apply plus_INR. Qed.

Lemma count_mult : forall a b : R, count a -> count b -> count (a * b).
Proof. intros a b [p ->] [q ->]. exists (p * q)%nat. symmetry. apply mult_INR. Qed.

Lemma same_index : forall (m : R) (p q : nat), m + INR p = m + INR q -> p = q.
Proof. intros m p q H. apply INR_eq. lra. Qed.

(* The same choice, of positions and of indices. *)
Lemma same_choice : forall (A : Type) (m : R) (p q : nat) (a b : A),
  (if Nat.eq_dec p q then a else b) = (if Req_EM_T (m + INR p) (m + INR q) then a else b).
Proof.
  intros A m p q a b. destruct (Nat.eq_dec p q), (Req_EM_T (m + INR p) (m + INR q)) as [E | E]; try reflexivity.
  - subst; contradiction.
  - apply same_index in E; contradiction.
Qed.

(* ------------------------------------------------------------------ powers *)

Lemma power_integer : forall (a : R) (z : Z), power a (IZR z) = powerRZ a z.
Proof. intros a z. unfold power. rewrite Int_part_IZR. destruct (Req_EM_T (IZR z) (IZR z)); congruence. Qed.

Lemma power_count : forall (a : R) (k : nat), power a (INR k) = a ^ k.
Proof. intros a k. rewrite INR_IZR_INZ, power_integer. symmetry. apply pow_powerRZ. Qed.

Lemma power_0 : forall a : R, power a 0 = 1.
Proof. intros a. apply (power_integer a 0). Qed.

Lemma power_1 : forall a : R, power a 1 = a.
Proof. intros a. rewrite (power_integer a 1). simpl. ring. Qed.

Lemma power_2 : forall a : R, power a 2 = a * a.
Proof. intros a. rewrite (power_integer a 2). simpl. ring. Qed.

Lemma power_minus_1 : forall a : R, power a (-1) = / a.
Proof. intros a. rewrite (power_integer a (-1)). simpl. rewrite Rmult_1_r. reflexivity. Qed.

Lemma power_of_positive : forall a b : R, 0 < a -> power a b = exp (b * ln a).
Proof.
  intros a b Ha. unfold power. destruct (Req_EM_T b (IZR (Int_part b))) as [E | _].
  - rewrite powerRZ_Rpower by exact Ha. rewrite <- E. reflexivity.
  - destruct (Rlt_dec 0 a); [reflexivity | contradiction].
Qed.

Lemma power_positive : forall a b : R, 0 < a -> 0 < power a b.
Proof. intros a b Ha. rewrite power_of_positive by exact Ha. apply exp_pos. Qed.

Lemma power_nonnegative : forall a b : R, 0 <= a -> 0 <= power a b.
Proof.
  intros a b [Ha | <-]; [left; apply power_positive, Ha |]. unfold power.
  destruct (Req_EM_T b (IZR (Int_part b))); [| destruct (Rlt_dec 0 0); [left; apply exp_pos | right; reflexivity]].
  destruct (Int_part b); simpl; [lra | apply pow_le; lra |].
  rewrite pow_ne_zero, Rinv_0; [lra |]. pose proof (Pos2Nat.is_pos p). lia.
Qed.

Lemma power_nonzero : forall a b : R, a <> 0 -> integer b -> power a b <> 0.
Proof. intros a b Ha [z ->]. rewrite power_integer. apply powerRZ_NOR, Ha. Qed.

Lemma power_2_nonnegative : forall a : R, 0 <= power a 2.
Proof. intros a. rewrite power_2. apply Rle_0_sqr. Qed.

Lemma power_2_positive : forall a : R, a <> 0 -> 0 < power a 2.
Proof. intros a Ha. rewrite power_2. apply Rlt_0_sqr, Ha. Qed.

Lemma power_of_1 : forall b : R, power 1 b = 1.
Proof. intros b. rewrite power_of_positive, ln_1, Rmult_0_r by lra. apply exp_0. Qed.

Lemma power_plus : forall a b c : R, 0 < a -> power a (b + c) = power a b * power a c.
Proof. intros a b c Ha. rewrite !power_of_positive, <- exp_plus by exact Ha. f_equal. ring. Qed.

Lemma power_plus_integer : forall a b c : R,
  a <> 0 -> integer b -> integer c -> power a (b + c) = power a b * power a c.
Proof. intros a b c Ha [p ->] [q ->]. rewrite <- plus_IZR, !power_integer. apply powerRZ_add, Ha. Qed.

Lemma power_plus_count : forall a b c : R, count b -> count c -> power a (b + c) = power a b * power a c.
Proof. intros a b c [p ->] [q ->]. rewrite <- plus_INR, !power_count. apply pow_add. Qed.

Lemma power_mult : forall a b c : R, 0 < a -> 0 < b -> power (a * b) c = power a c * power b c.
Proof.
  intros a b c Ha Hb. rewrite !power_of_positive, ln_mult, <- exp_plus; try assumption.
  - f_equal. ring.
  - apply Rmult_lt_0_compat; assumption.
Qed.

Lemma power_mult_integer : forall a b c : R, integer c -> power (a * b) c = power a c * power b c.
Proof. intros a b c [z ->]. rewrite !power_integer. apply powerRZ_mult. Qed.

Lemma power_power : forall a b c : R, 0 < a -> power (power a b) c = power a (b * c).
Proof.
  intros a b c Ha. rewrite (power_of_positive (power a b)) by (apply power_positive, Ha).
  rewrite !power_of_positive, ln_exp by exact Ha. f_equal. ring.
Qed.

(* ------------------------------------------------------------------ sums and products by induction *)

Lemma sum_of_0 : forall k : nat, sum_of k (fun _ => 0) = 0.
Proof. induction k; simpl; [reflexivity | rewrite IHk; ring]. Qed.

Lemma sum_of_constant : forall (k : nat) (c : R), sum_of k (fun _ => c) = INR k * c.
Proof. induction k; intros c; [simpl; ring | rewrite S_INR; simpl; rewrite IHk; ring]. Qed.

Lemma sum_of_plus : forall (k : nat) (f g : nat -> R), sum_of k (fun p => f p + g p) = sum_of k f + sum_of k g.
Proof. induction k; intros f g; simpl; [ring | rewrite IHk; ring]. Qed.

Lemma sum_of_scal : forall (k : nat) (c : R) (f : nat -> R), sum_of k (fun p => c * f p) = c * sum_of k f.
Proof. induction k; intros c f; simpl; [ring | rewrite IHk; ring]. Qed.

Lemma product_of_1 : forall k : nat, product_of k (fun _ => 1) = 1.
Proof. induction k; simpl; [reflexivity | rewrite IHk; ring]. Qed.

Lemma product_of_constant : forall (k : nat) (c : R), product_of k (fun _ => c) = c ^ k.
Proof. induction k; intros c; simpl; [reflexivity | rewrite IHk; ring]. Qed.

Lemma product_of_mult : forall (k : nat) (f g : nat -> R),
  product_of k (fun p => f p * g p) = product_of k f * product_of k g.
Proof. induction k; intros f g; simpl; [ring | rewrite IHk; ring]. Qed.

Lemma sum_of_nonnegative : forall (k : nat) (f : nat -> R), (forall p, (p < k)%nat -> 0 <= f p) -> 0 <= sum_of k f.
Proof.
  induction k; intros f H; simpl; [lra |].
  apply Rplus_le_le_0_compat; [apply IHk; auto with arith | apply H; auto with arith].
Qed.

Lemma product_of_positive : forall (k : nat) (f : nat -> R), (forall p, (p < k)%nat -> 0 < f p) -> 0 < product_of k f.
Proof.
  induction k; intros f H; simpl; [lra |].
  apply Rmult_lt_0_compat; [apply IHk; auto with arith | apply H; auto with arith].
Qed.

Lemma product_of_nonnegative : forall (k : nat) (f : nat -> R),
  (forall p, (p < k)%nat -> 0 <= f p) -> 0 <= product_of k f.
Proof.
  induction k; intros f H; simpl; [lra |].
  apply Rmult_le_pos; [apply IHk; auto with arith | apply H; auto with arith].
Qed.

Lemma product_of_nonzero : forall (k : nat) (f : nat -> R),
  (forall p, (p < k)%nat -> f p <> 0) -> product_of k f <> 0.
Proof.
  induction k; intros f H; simpl; [lra |].
  apply Rmult_integral_contrapositive_currified; [apply IHk; auto with arith | apply H; auto with arith].
Qed.

(* What is taken out of a sum and of a product. *)
Lemma sum_of_split : forall (k q : nat) (f : nat -> R), (q < k)%nat ->
  sum_of k f = f q + sum_of k (fun p => if Nat.eq_dec p q then 0 else f p).
Proof.
  induction k; intros q f H; simpl; [lia |]. destruct (Nat.eq_dec k q) as [E | E].
  - subst q. rewrite (sum_of_ext k (fun p => if Nat.eq_dec p k then 0 else f p) f); [ring |].
    intros p Hp. destruct (Nat.eq_dec p k); [lia | reflexivity].
  - rewrite (IHk q f) by lia. ring.
Qed.

Lemma product_of_split : forall (k q : nat) (f : nat -> R), (q < k)%nat ->
  product_of k f = f q * product_of k (fun p => if Nat.eq_dec p q then 1 else f p).
Proof.
  induction k; intros q f H; simpl; [lia |]. destruct (Nat.eq_dec k q) as [E | E].
  - subst q. rewrite (product_of_ext k (fun p => if Nat.eq_dec p k then 1 else f p) f); [ring |].
    intros p Hp. destruct (Nat.eq_dec p k); [lia | reflexivity].
  - rewrite (IHk q f) by lia. ring.
Qed.

Lemma Sum_split : forall (m n j : R) (f : R -> R), within m n j ->
  Sum m n f = f j + Sum m n (fun i => if Req_EM_T i j then 0 else f i).
Proof.
  intros m n j f [q [Hq ->]]. unfold Sum. rewrite (sum_of_split _ q) by exact Hq. f_equal.
  apply sum_of_ext. intros p _. apply same_choice.
Qed.

Lemma Product_split : forall (m n j : R) (f : R -> R), within m n j ->
  Product m n f = f j * Product m n (fun i => if Req_EM_T i j then 1 else f i).
Proof.
  intros m n j f [q [Hq ->]]. unfold Product. rewrite (product_of_split _ q) by exact Hq. f_equal.
  apply product_of_ext. intros p _. apply same_choice.
Qed.

Lemma Sum_0 : forall m n : R, Sum m n (fun _ => 0) = 0.
Proof. intros m n. apply sum_of_0. Qed.

Lemma Product_1 : forall m n : R, Product m n (fun _ => 1) = 1.
Proof. intros m n. apply product_of_1. Qed.

Lemma Product_of_a_constant : forall c n : R, count n -> Product 1 n (fun _ => c) = power c n.
Proof. intros c n [k ->]. unfold Product. rewrite terms_count, power_count. apply product_of_constant. Qed.

Lemma Sum_plus : forall (m n : R) (f g : R -> R), Sum m n (fun i => f i + g i) = Sum m n f + Sum m n g.
Proof. intros m n f g. apply (sum_of_plus _ (fun k => f (m + INR k)) (fun k => g (m + INR k))). Qed.

Lemma Sum_scal : forall (m n c : R) (f : R -> R), Sum m n (fun i => c * f i) = c * Sum m n f.
Proof. intros m n c f. apply (sum_of_scal _ c (fun k => f (m + INR k))). Qed.

Lemma Product_mult : forall (m n : R) (f g : R -> R),
  Product m n (fun i => f i * g i) = Product m n f * Product m n g.
Proof. intros m n f g. apply (product_of_mult _ (fun k => f (m + INR k)) (fun k => g (m + INR k))). Qed.

Lemma Sum_of_one_term : forall (m n k : R) (f : R -> R),
  within m n k -> (forall i, within m n i -> i <> k -> f i = 0) -> Sum m n f = f k.
Proof.
  intros m n k f Hk H. rewrite (Sum_split m n k f Hk), (Sum_ext m n _ (fun _ => 0)); [rewrite Sum_0; ring |].
  intros i Hi. destruct (Req_EM_T i k); [reflexivity | apply H; assumption].
Qed.

(* ------------------------------------------------------------------ signs *)

Lemma Sum_nonnegative : forall (m n : R) (f : R -> R), (forall i, within m n i -> 0 <= f i) -> 0 <= Sum m n f.
Proof. intros m n f H. apply sum_of_nonnegative. intros p Hp. apply H. exists p; auto. Qed.

Lemma Sum_positive_at : forall (m n k : R) (f : R -> R),
  within m n k -> 0 < f k -> (forall i, within m n i -> 0 <= f i) -> 0 < Sum m n f.
Proof.
  intros m n k f Hk Hf H. rewrite (Sum_split m n k f Hk). apply Rplus_lt_le_0_compat; [exact Hf |].
  apply Sum_nonnegative. intros i Hi. destruct (Req_EM_T i k); [lra | apply H, Hi].
Qed.

Lemma Sum_positive : forall (m n : R) (f : R -> R), m <= n -> (forall i, within m n i -> 0 < f i) -> 0 < Sum m n f.
Proof.
  intros m n f Hn H. pose proof (first_within m n Hn) as F.
  apply (Sum_positive_at m n m); [exact F | apply H, F | intros i Hi; left; apply H, Hi].
Qed.

Lemma Product_positive : forall (m n : R) (f : R -> R), (forall i, within m n i -> 0 < f i) -> 0 < Product m n f.
Proof. intros m n f H. apply product_of_positive. intros p Hp. apply H. exists p; auto. Qed.

Lemma Product_nonnegative : forall (m n : R) (f : R -> R),
  (forall i, within m n i -> 0 <= f i) -> 0 <= Product m n f.
Proof. intros m n f H. apply product_of_nonnegative. intros p Hp. apply H. exists p; auto. Qed.

Lemma Product_nonzero : forall (m n : R) (f : R -> R),
  (forall i, within m n i -> f i <> 0) -> Product m n f <> 0.
Proof. intros m n f H. apply product_of_nonzero. intros p Hp. apply H. exists p; auto. Qed.

Lemma one_plus_exp_positive : forall z : R, 0 < 1 + exp z.
Proof. intros z. pose proof (exp_pos z). lra. Qed.

Lemma sigmoid_positive : forall z : R, 0 < sigmoid z.
Proof. intros z. apply Rinv_0_lt_compat, one_plus_exp_positive. Qed.

Lemma sigmoid_complement : forall z : R, 1 - sigmoid z = / (1 + exp z).
Proof.
  intros z. unfold sigmoid. rewrite exp_Ropp. pose proof (exp_pos z). field. split; [lra |].
  pose proof (one_plus_exp_positive z). lra.
Qed.

Lemma sigmoid_below_1 : forall z : R, sigmoid z < 1.
Proof.
  intros z. pose proof (sigmoid_complement z).
  pose proof (Rinv_0_lt_compat _ (one_plus_exp_positive z)). lra.
Qed.

Lemma softplus_positive : forall z : R, 0 < softplus z.
Proof. intros z. unfold softplus. rewrite <- ln_1. pose proof (exp_pos z). apply ln_increasing; lra. Qed.

Lemma factorial_positive : forall a : R, 0 < factorial a.
Proof. intros a. apply INR_fact_lt_0. Qed.

Lemma Gamma_positive : forall (Gamma : R -> R) (x : R), gamma_function Gamma -> 0 < x -> 0 < Gamma x.
Proof. intros Gamma x [_ H] Hx. apply (H x Hx). Qed.

Lemma Kronecker_nonnegative : forall i k : R, 0 <= Kronecker i k.
Proof. intros i k. unfold Kronecker. destruct (Req_EM_T i k); lra. Qed.

Lemma Kronecker_same : forall k : R, Kronecker k k = 1.
Proof. intros k. unfold Kronecker. destruct (Req_EM_T k k); [reflexivity | contradiction]. Qed.

Lemma Kronecker_other : forall i k : R, i <> k -> Kronecker i k = 0.
Proof. intros i k H. unfold Kronecker. destruct (Req_EM_T i k); [contradiction | reflexivity]. Qed.

Lemma update_same : forall (A : Type) (w : R -> A) (j : R) (a : A), update w j a j = a.
Proof. intros. unfold update. destruct (Req_EM_T j j); [reflexivity | contradiction]. Qed.

Lemma update_other : forall (A : Type) (w : R -> A) (j i : R) (a : A), i <> j -> update w j a i = w i.
Proof. intros. unfold update. destruct (Req_EM_T i j); [contradiction | reflexivity]. Qed.

(* ------------------------------------------------------------------ derivatives *)

Lemma chain_rule : forall (f u : R -> R) (v l : R),
  is_derive f (u v) l -> ex_derive u v -> is_derive (fun t => f (u t)) v (l * Derive u v).
Proof.
  intros f u v l Hf Hu. replace (l * Derive u v) with (scal (Derive u v) l) by (apply Rmult_comm).
  apply (is_derive_comp f u); [exact Hf | apply Derive_correct, Hu].
Qed.

Lemma ex_derive_chain : forall (f u : R -> R) (v l : R),
  is_derive f (u v) l -> ex_derive u v -> ex_derive (fun t => f (u t)) v.
Proof. intros f u v l Hf Hu. exists (l * Derive u v). apply chain_rule; assumption. Qed.

Lemma Derive_chain : forall (f u : R -> R) (v l : R),
  is_derive f (u v) l -> ex_derive u v -> Derive (fun t => f (u t)) v = l * Derive (fun t => u t) v.
Proof. intros f u v l Hf Hu. apply is_derive_unique, chain_rule; assumption. Qed.

Lemma ex_derive_constant : forall c v : R, ex_derive (fun _ : R => c) v.
Proof. intros c v. apply (ex_derive_const (V := R_NormedModule)). Qed.

Lemma ex_derive_variable : forall v : R, ex_derive (fun t : R => t) v.
Proof. intros v. apply (ex_derive_id (K := R_AbsRing)). Qed.

Lemma ex_derive_add : forall (f g : R -> R) (v : R),
  ex_derive f v -> ex_derive g v -> ex_derive (fun t => f t + g t) v.
Proof. intros f g v. apply (ex_derive_plus (V := R_NormedModule) f g v). Qed.

Lemma ex_derive_multiply : forall (f g : R -> R) (v : R),
  ex_derive f v -> ex_derive g v -> ex_derive (fun t => f t * g t) v.
Proof. exact ex_derive_mult. Qed.

(* A choice that the variable has no part in. *)
Lemma ex_derive_choice : forall (A B : Prop) (c : {A} + {B}) (f g : R -> R) (v : R),
  (A -> ex_derive f v) -> (B -> ex_derive g v) -> ex_derive (fun t => if c then f t else g t) v.
Proof. intros A B [a | b] f g v F G; auto. Qed.

Lemma ex_derive_sum_of : forall (k : nat) (f : nat -> R -> R) (v : R),
  (forall p, (p < k)%nat -> ex_derive (f p) v) -> ex_derive (fun t => sum_of k (fun p => f p t)) v.
Proof.
  induction k; intros f v H; simpl; [apply ex_derive_constant |].
  apply ex_derive_add; [apply IHk; auto with arith | apply H; auto with arith].
Qed.

Lemma ex_derive_product_of : forall (k : nat) (f : nat -> R -> R) (v : R),
  (forall p, (p < k)%nat -> ex_derive (f p) v) -> ex_derive (fun t => product_of k (fun p => f p t)) v.
Proof.
  induction k; intros f v H; simpl; [apply ex_derive_constant |].
  apply ex_derive_mult; [apply IHk; auto with arith | apply H; auto with arith].
Qed.

Lemma Derive_product_of : forall (k : nat) (f : nat -> R -> R) (v : R),
  (forall p, (p < k)%nat -> ex_derive (f p) v) ->
  Derive (fun t => product_of k (fun p => f p t)) v =
  sum_of k (fun p => Derive (f p) v * product_of k (fun q => if Nat.eq_dec q p then 1 else f q v)).
Proof.
  induction k; intros f v H; simpl; [apply Derive_const |].
  rewrite Derive_mult, IHk; [| | apply ex_derive_product_of |]; auto with arith.
  f_equal.
  - rewrite Rmult_comm, <- sum_of_scal. apply sum_of_ext. intros p Hp.
    destruct (Nat.eq_dec k p); [lia | ring].
  - destruct (Nat.eq_dec k k); [| contradiction]. rewrite Rmult_1_r, Rmult_comm. f_equal.
    apply product_of_ext. intros q Hq. destruct (Nat.eq_dec q k); [lia | reflexivity].
Qed.

Lemma ex_derive_Sum : forall (f : R -> R -> R) (m n v : R),
  (forall i, within m n i -> ex_derive (fun t => f i t) v) -> ex_derive (fun t => Sum m n (fun i => f i t)) v.
Proof.
  intros f m n v H. apply (ex_derive_sum_of _ (fun k t => f (m + INR k) t)).
  intros p Hp. apply H. exists p; auto.
Qed.

Lemma ex_derive_Product : forall (f : R -> R -> R) (m n v : R),
  (forall i, within m n i -> ex_derive (fun t => f i t) v) -> ex_derive (fun t => Product m n (fun i => f i t)) v.
Proof.
  intros f m n v H. apply (ex_derive_product_of _ (fun k t => f (m + INR k) t)).
  intros p Hp. apply H. exists p; auto.
Qed.

Lemma is_derive_power : forall a b : R, 0 < a -> is_derive (fun t => power t b) a (b * power a (b - 1)).
Proof.
  intros a b Ha. apply (is_derive_ext_loc (fun t => exp (b * ln t))).
  - exists (mkposreal a Ha). intros t Ht. symmetry. apply power_of_positive.
    apply Rabs_def2 in Ht. unfold minus, plus, opp in Ht; simpl in Ht. lra.
  - unfold Rminus. rewrite power_plus, (power_of_positive a b) by exact Ha.
    replace (-(1)) with (-1) by ring. rewrite power_minus_1. auto_derive; [exact Ha | field; lra].
Qed.

Lemma is_derive_power_minus_1 : forall a : R, a <> 0 -> is_derive (fun t => power t (-1)) a ((-1) * / (a * a)).
Proof.
  intros a Ha. apply (is_derive_ext (fun t => / t)); [intros t; symmetry; apply power_minus_1 |].
  auto_derive; [exact Ha | field; exact Ha].
Qed.

Lemma is_derive_power_2 : forall a : R, is_derive (fun t => power t 2) a (2 * a).
Proof.
  intros a. apply (is_derive_ext (fun t => t * t)); [intros t; symmetry; apply power_2 |].
  auto_derive; [exact I | ring].
Qed.

Lemma is_derive_sigmoid : forall z : R, is_derive sigmoid z (sigmoid z * (1 - sigmoid z)).
Proof.
  intros z. unfold sigmoid. pose proof (one_plus_exp_positive (- z)). auto_derive; [lra | field; lra].
Qed.

Lemma is_derive_softplus : forall z : R, is_derive softplus z (sigmoid z).
Proof.
  intros z. unfold softplus, sigmoid. rewrite exp_Ropp. pose proof (one_plus_exp_positive z).
  pose proof (exp_pos z). auto_derive; [lra | field; lra].
Qed.

Lemma ex_derive_ln : forall (u : R -> R) (v : R), 0 < u v -> ex_derive u v -> ex_derive (fun t => ln (u t)) v.
Proof. intros u v H. apply (ex_derive_chain ln u v _ (is_derive_ln _ H)). Qed.

Lemma ex_derive_exp : forall (u : R -> R) (v : R), ex_derive u v -> ex_derive (fun t => exp (u t)) v.
Proof. intros u v. apply (ex_derive_chain exp u v _ (is_derive_exp _)). Qed.

Lemma ex_derive_cos : forall (u : R -> R) (v : R), ex_derive u v -> ex_derive (fun t => cos (u t)) v.
Proof. intros u v. apply (ex_derive_chain cos u v _ (is_derive_cos _)). Qed.

Lemma ex_derive_sin : forall (u : R -> R) (v : R), ex_derive u v -> ex_derive (fun t => sin (u t)) v.
Proof. intros u v. apply (ex_derive_chain sin u v _ (is_derive_sin _)). Qed.

Lemma ex_derive_sigmoid : forall (u : R -> R) (v : R), ex_derive u v -> ex_derive (fun t => sigmoid (u t)) v.
Proof. intros u v. apply (ex_derive_chain sigmoid u v _ (is_derive_sigmoid _)). Qed.

Lemma ex_derive_softplus : forall (u : R -> R) (v : R), ex_derive u v -> ex_derive (fun t => softplus (u t)) v.
Proof. intros u v. apply (ex_derive_chain softplus u v _ (is_derive_softplus _)). Qed.

Lemma ex_derive_Rabs : forall (u : R -> R) (v : R), u v <> 0 -> ex_derive u v -> ex_derive (fun t => Rabs (u t)) v.
Proof.
  intros u v H Hu. exists (sign (u v) * Derive u v). apply is_derive_Rabs; [apply Derive_correct, Hu | exact H].
Qed.

Lemma ex_derive_Gamma : forall (Gamma u : R -> R) (v : R),
  gamma_function Gamma -> 0 < u v -> ex_derive u v -> ex_derive (fun t => Gamma (u t)) v.
Proof.
  intros Gamma u v [_ H] Hv. destruct (H _ Hv) as [_ [_ [HG _]]].
  apply (ex_derive_chain Gamma u v _ (Derive_correct _ _ HG)).
Qed.

(* Around a point where the gap is not 0 the same case is at hand, and a sign does not change. *)
Lemma same_case_around : forall (c : R -> R) (v : R), c v <> 0 -> ex_derive c v ->
  locally v (fun t => (0 <= c t <-> 0 <= c v) /\ sign (c t) = sign (c v)).
Proof.
  intros c v H Hc. pose proof (ex_derive_continuous c v Hc) as K. destruct (Rtotal_order (c v) 0) as [N | [Z | P]]; [| contradiction |].
  - assert (locally v (fun t => c t < 0)) as L by exact (K _ (open_lt 0 _ N)).
    revert L. apply filter_imp. intros t Ht. split; [split; intros; lra |]. rewrite !sign_eq_m1; lra.
  - assert (locally v (fun t => c t > 0)) as L by exact (K _ (open_gt 0 _ P)).
    revert L. apply filter_imp. intros t Ht. split; [split; intros; lra |]. rewrite !sign_eq_1; lra.
Qed.

Lemma is_derive_sign : forall (u : R -> R) (v : R), u v <> 0 -> ex_derive u v -> is_derive (fun t => sign (u t)) v 0.
Proof.
  intros u v H Hu. apply (is_derive_ext_loc (fun _ => sign (u v))); [| apply (is_derive_const (V := R_NormedModule))].
  generalize (same_case_around u v H Hu). apply filter_imp. intros t [_ Ht]. symmetry. exact Ht.
Qed.

Lemma ex_derive_sign : forall (u : R -> R) (v : R), u v <> 0 -> ex_derive u v -> ex_derive (fun t => sign (u t)) v.
Proof. intros u v H Hu. exists 0. apply is_derive_sign; assumption. Qed.

Lemma is_derive_Where : forall (c a b : R -> R) (v : R), c v <> 0 -> ex_derive c v -> ex_derive a v -> ex_derive b v ->
  is_derive (fun t => Where (c t) (a t) (b t)) v (Where (c v) (Derive a v) (Derive b v)).
Proof.
  intros c a b v H Hc Ha Hb. pose proof (same_case_around c v H Hc) as K. unfold Where. destruct (Rle_dec 0 (c v)) as [P | N].
  - apply (is_derive_ext_loc a); [| apply Derive_correct, Ha]. revert K. apply filter_imp. intros t [Ht _].
    destruct (Rle_dec 0 (c t)); [reflexivity | tauto].
  - apply (is_derive_ext_loc b); [| apply Derive_correct, Hb]. revert K. apply filter_imp. intros t [Ht _].
    destruct (Rle_dec 0 (c t)); [tauto | reflexivity].
Qed.

Lemma ex_derive_Where : forall (c a b : R -> R) (v : R), c v <> 0 -> ex_derive c v -> ex_derive a v -> ex_derive b v ->
  ex_derive (fun t => Where (c t) (a t) (b t)) v.
Proof. intros c a b v H Hc Ha Hb. eexists. apply is_derive_Where; assumption. Qed.

Lemma ex_derive_Rmax : forall (a b : R -> R) (v : R), a v + (-1) * b v <> 0 -> ex_derive a v -> ex_derive b v ->
  ex_derive (fun t => Rmax (a t) (b t)) v.
Proof.
  intros a b v H Ha Hb. apply (ex_derive_ext (fun t => Where (a t + (-1) * b t) (a t) (b t))).
  - intros t. unfold Where. destruct (Rle_dec 0 (a t + -1 * b t)); [rewrite Rmax_left | rewrite Rmax_right]; lra.
  - apply (ex_derive_Where (fun t => a t + (-1) * b t) a b); try assumption.
    apply (ex_derive_add a (fun t => (-1) * b t)); [exact Ha |]. apply (ex_derive_multiply (fun _ => -1) b); [apply ex_derive_constant | exact Hb].
Qed.

Lemma is_derive_digamma : forall (Gamma : R -> R) (x : R), gamma_function Gamma -> 0 < x ->
  is_derive (digamma Gamma) x (trigamma Gamma x).
Proof.
  intros Gamma x [_ H] Hx. destruct (H x Hx) as [positive [_ [HG [HD _]]]]. apply Derive_correct.
  apply (ex_derive_ext (fun t => Derive Gamma t * / Gamma t)); [intros t; reflexivity |].
  apply (ex_derive_mult (Derive Gamma) (fun t => / Gamma t)); [exact HD |]. apply ex_derive_inv; [exact HG | lra].
Qed.

Lemma ex_derive_digamma : forall (Gamma u : R -> R) (v : R),
  gamma_function Gamma -> 0 < u v -> ex_derive u v -> ex_derive (fun t => digamma Gamma (u t)) v.
Proof. intros Gamma u v G Hv. apply (ex_derive_chain (digamma Gamma) u v _ (is_derive_digamma Gamma _ G Hv)). Qed.

Lemma ex_derive_power : forall (b : R) (u : R -> R) (v : R),
  0 < u v -> ex_derive u v -> ex_derive (fun t => power (u t) b) v.
Proof. intros b u v H. apply (ex_derive_chain (fun a => power a b) u v _ (is_derive_power _ b H)). Qed.

Lemma ex_derive_power_2 : forall (u : R -> R) (v : R), ex_derive u v -> ex_derive (fun t => power (u t) 2) v.
Proof. intros u v. apply (ex_derive_chain (fun a => power a 2) u v _ (is_derive_power_2 _)). Qed.

Lemma ex_derive_power_minus_1 : forall (u : R -> R) (v : R),
  u v <> 0 -> ex_derive u v -> ex_derive (fun t => power (u t) (-1)) v.
Proof. intros u v H. apply (ex_derive_chain (fun a => power a (-1)) u v _ (is_derive_power_minus_1 _ H)). Qed.

Lemma ex_derive_power_count : forall (b : R) (u : R -> R) (v : R),
  count b -> ex_derive u v -> ex_derive (fun t => power (u t) b) v.
Proof.
  intros b u v [k ->] Hu. apply (ex_derive_ext (fun t => u t ^ k)); [intros t; symmetry; apply power_count |].
  apply ex_derive_pow, Hu.
Qed.

Lemma ex_derive_power_integer : forall (b : R) (u : R -> R) (v : R),
  integer b -> u v <> 0 -> ex_derive u v -> ex_derive (fun t => power (u t) b) v.
Proof.
  intros b u v [z ->] H Hu. destruct (Z_le_gt_dec 0 z) as [positive | negative].
  - apply ex_derive_power_count; [| exact Hu]. apply nonnegative_integer_count; [apply integer_IZR |].
    apply IZR_le in positive. exact positive.
  - apply (ex_derive_ext (fun t => / u t ^ Z.to_nat (- z))).
    + intros t. rewrite power_integer, pow_powerRZ, Z2Nat.id, <- powerRZ_neg', Z.opp_involutive by lia. reflexivity.
    + apply ex_derive_inv; [apply ex_derive_pow, Hu | apply pow_nonzero, H].
Qed.

(* A power whose exponent moves too. *)
Lemma ex_derive_exponent : forall (u b : R -> R) (v : R),
  0 < u v -> ex_derive u v -> ex_derive b v -> ex_derive (fun t => power (u t) (b t)) v.
Proof.
  intros u b v H Hu Hb. apply (ex_derive_ext_loc (fun t => exp (b t * ln (u t)))).
  - assert (locally v (fun t => 0 < u t)) as L.
    { apply (ex_derive_continuous (V := R_NormedModule) u v Hu). apply (open_gt 0 (u v) H). }
    revert L. apply filter_imp. intros t Ht. symmetry. apply power_of_positive, Ht.
  - apply ex_derive_exp, ex_derive_mult; [exact Hb | apply ex_derive_ln; assumption].
Qed.

Lemma ex_derive_update : forall (w : R -> R) (k i v : R), ex_derive (fun t => update w k t i) v.
Proof.
  intros w k i v. unfold update.
  apply ex_derive_choice; intros _; [apply ex_derive_variable | apply ex_derive_constant].
Qed.

Lemma ex_derive_update_entry : forall (w : R -> R -> R) (k m i j v : R),
  ex_derive (fun t => update w k (update (w k) m t) i j) v.
Proof.
  intros w k m i j v. unfold update at 1. destruct (Req_EM_T i k); [apply ex_derive_update | apply ex_derive_constant].
Qed.

(* ------------------------------------------------------------------ sequences of terms and factors *)

Lemma fold_left_plus : forall (l : list R) (a b : R), fold_left Rplus l (a + b) = a + fold_left Rplus l b.
Proof. induction l as [| x l IH]; intros a b; simpl; [reflexivity |]. rewrite Rplus_assoc. apply IH. Qed.

Lemma fold_left_mult : forall (l : list R) (a b : R), fold_left Rmult l (a * b) = a * fold_left Rmult l b.
Proof. induction l as [| x l IH]; intros a b; simpl; [reflexivity |]. rewrite Rmult_assoc. apply IH. Qed.

Lemma add_list_cons : forall (a : R) (l : list R), add_list (a :: l) = a + add_list l.
Proof. intros a [| b l]; simpl; [ring | apply fold_left_plus]. Qed.

Lemma multiply_list_cons : forall (a : R) (l : list R), multiply_list (a :: l) = a * multiply_list l.
Proof. intros a [| b l]; simpl; [ring | apply fold_left_mult]. Qed.

Lemma multiply_list_positive : forall l : list R, (forall a, In a l -> 0 < a) -> 0 < multiply_list l.
Proof.
  induction l as [| a l IH]; intros H; [simpl; lra |]. rewrite multiply_list_cons.
  apply Rmult_lt_0_compat; [apply H; left; reflexivity | apply IH; intros b Hb; apply H; right; exact Hb].
Qed.

Lemma ex_derive_add_list : forall (l : list (R -> R)) (v : R),
  (forall u, In u l -> ex_derive u v) -> ex_derive (fun t => add_list (map (fun u => u t) l)) v.
Proof.
  induction l as [| u l IH]; intros v H; [simpl; apply ex_derive_constant |].
  apply (ex_derive_ext (fun t => u t + add_list (map (fun u => u t) l))).
  - intros t. simpl map. symmetry. apply add_list_cons.
  - apply ex_derive_add; [apply H; left; reflexivity | apply IH; intros b Hb; apply H; right; exact Hb].
Qed.

(* ------------------------------------------------------------------ integrals *)

Lemma at_right_near : forall (r : R) (P : R -> Prop), (exists d, 0 < d /\ forall x, r < x < r + d -> P x) -> at_right r P.
Proof.
  intros r P [d [Hd H]]. exists (mkposreal d Hd). intros x Hx Lx. apply H. apply Rabs_def2 in Hx.
  unfold minus, plus, opp in Hx; simpl in Hx. lra.
Qed.
Lemma at_left_near : forall (r : R) (P : R -> Prop), (exists d, 0 < d /\ forall x, r - d < x < r -> P x) -> at_left r P.
Proof.
  intros r P [d [Hd H]]. exists (mkposreal d Hd). intros x Hx Lx. apply H. apply Rabs_def2 in Hx.
  unfold minus, plus, opp in Hx; simpl in Hx. lra.
Qed.
Lemma near_at_right : forall (r : R) (P : R -> Prop), at_right r P -> exists d, 0 < d /\ forall x, r < x < r + d -> P x.
Proof.
  intros r P [d H]. exists d. split; [apply cond_pos |]. intros x Hx. apply H; [| lra].
  apply Rabs_def1; unfold minus, plus, opp; simpl; lra.
Qed.
Lemma near_at_left : forall (r : R) (P : R -> Prop), at_left r P -> exists d, 0 < d /\ forall x, r - d < x < r -> P x.
Proof.
  intros r P [d H]. exists d. split; [apply cond_pos |]. intros x Hx. apply H; [| lra].
  apply Rabs_def1; unfold minus, plus, opp; simpl; lra.
Qed.

Global Instance just_after_proper : forall a : Rbar, ProperFilter (just_after a).
Proof. intros [r | |]; [apply at_right_proper_filter | apply Rbar_locally_filter | apply Rbar_locally_filter]. Qed.
Global Instance just_before_proper : forall b : Rbar, ProperFilter (just_before b).
Proof. intros [r | |]; [apply at_left_proper_filter | apply Rbar_locally_filter | apply Rbar_locally_filter]. Qed.

Lemma between_after : forall a b : Rbar, Rbar_lt a b -> just_after a (between a b).
Proof.
  intros [r | |] [s | |] H; simpl in H; try contradiction; unfold between; simpl.
  - apply at_right_near. exists (s - r). split; [lra | intros x Hx; lra].
  - apply at_right_near. exists 1. split; [lra | intros x Hx; lra].
  - exists s. intros x Hx. lra.
  - exists 0. intros x _. split; exact I.
Qed.
Lemma between_before : forall a b : Rbar, Rbar_lt a b -> just_before b (between a b).
Proof.
  intros [r | |] [s | |] H; simpl in H; try contradiction; unfold between; simpl.
  - apply at_left_near. exists (s - r). split; [lra | intros x Hx; lra].
  - exists r. intros x Hx. lra.
  - apply at_left_near. exists 1. split; [lra | intros x Hx; lra].
  - exists 0. intros x _. split; exact I.
Qed.
Lemma between_inside : forall (a b : Rbar) (u v x : R), between a b u -> between a b v -> u <= x <= v -> between a b x.
Proof. intros [r | |] [s | |] u v x [A B] [C D] H; split; simpl in *; try contradiction; try exact I; lra. Qed.

(* What has no slope but at finitely many points does not change. *)
Lemma flat_is_constant : forall (l : list R) (H : R -> R) (u v : R), u <= v ->
  (forall x, u <= x <= v -> continuous H x) -> (forall x, u < x < v -> ~ In x l -> is_derive H x 0) -> H v = H u.
Proof.
  induction l as [| p l IH]; intros H u v Huv C D.
  - destruct (MVT_gen H u v (fun _ => 0)) as [c [_ E]].
    + intros x. rewrite Rmin_left, Rmax_right by exact Huv. intros Hx. apply D; [exact Hx | intros []].
    + intros x. rewrite Rmin_left, Rmax_right by exact Huv. intros Hx. apply continuity_pt_filterlim, C, Hx.
    + lra.
  - destruct (Rlt_dec u p) as [Hu | Hu]; [destruct (Rlt_dec p v) as [Hv | Hv] |].
    + transitivity (H p); apply IH; try lra; intros x Hx; try (apply C; lra); intros N; (apply D; [lra |]); intros [E | E]; (lra || auto).
    + apply IH; [exact Huv | exact C |]. intros x Hx N. apply D; [exact Hx |]. intros [E | E]; [lra | auto].
    + apply IH; [exact Huv | exact C |]. intros x Hx N. apply D; [exact Hx |]. intros [E | E]; [lra | auto].
Qed.

Lemma is_integral_unique : forall (a b : Rbar) (f : R -> R) (v w : R), is_integral a b f v -> is_integral a b f w -> v = w.
Proof.
  intros a b f v w [[L [F [p [q [[CF [l DF]] [PF [QF ->]]]]]]] | [N ->]] [[M [G [r [s [[CG [k DG]] [PG [QG ->]]]]]]] | [K ->]];
    try contradiction; [| reflexivity].
  set (H := fun x => F x - G x).
  assert (forall u z, between a b u -> between a b z -> u <= z -> H z = H u) as flat.
  { intros u z Hu Hz Huz. apply (flat_is_constant (l ++ k)); [exact Huz | |].
    - intros x Hx. pose proof (between_inside a b u z x Hu Hz Hx) as B.
      apply (continuous_minus F G x); [apply CF, B | apply CG, B].
    - intros x Hx N. pose proof (between_inside a b u z x Hu Hz ltac:(lra)) as B.
      replace 0 with (minus (f x) (f x)) by (unfold minus, plus, opp; simpl; ring).
      apply (is_derive_minus F G x); [apply DF | apply DG]; try exact B; intros I; apply N, in_or_app; tauto. }
  destruct (filter_ex (F := just_after a) _ (between_after a b L)) as [u Hu].
  assert (forall x, between a b x -> H x = H u) as all.
  { intros x Hx. destruct (Rle_dec u x); [apply flat; assumption | symmetry; apply flat; try assumption; lra]. }
  assert (p - r = H u) as A.
  { apply (filterlim_locally_unique (F := just_after a) H).
    - apply (filterlim_comp_2 (G := locally p) (H := locally (- r)) F (fun x => - G x) Rplus); [exact PF | |].
      + apply (filterlim_comp _ _ _ G Ropp _ (locally r)); [exact PG | apply (filterlim_opp (V := R_NormedModule) r)].
      + apply (filterlim_plus (V := R_NormedModule) p (- r)).
    - apply (filterlim_ext_loc (fun _ => H u)); [| apply filterlim_const].
      apply (filter_imp (between a b)); [intros x Hx; symmetry; apply all, Hx | apply between_after, L]. }
  assert (q - s = H u) as B.
  { apply (filterlim_locally_unique (F := just_before b) H).
    - apply (filterlim_comp_2 (G := locally q) (H := locally (- s)) F (fun x => - G x) Rplus); [exact QF | |].
      + apply (filterlim_comp _ _ _ G Ropp _ (locally s)); [exact QG | apply (filterlim_opp (V := R_NormedModule) s)].
      + apply (filterlim_plus (V := R_NormedModule) q (- s)).
    - apply (filterlim_ext_loc (fun _ => H u)); [| apply filterlim_const].
      apply (filter_imp (between a b)); [intros x Hx; symmetry; apply all, Hx | apply between_before, L]. }
  lra.
Qed.

Lemma Integral_is : forall (a b : Rbar) (f : R -> R) (v : R), is_integral a b f v -> Integral a b f = v.
Proof.
  intros a b f v H. unfold Integral. rewrite (is_lub_Rbar_unique _ (Finite v)); [reflexivity |]. split.
  - intros w Hw. right. f_equal. exact (is_integral_unique a b f w v Hw H).
  - intros u Hu. exact (Hu v H).
Qed.
Lemma is_integral_ext : forall (a b : Rbar) (f g : R -> R) (v : R),
  (forall x, between a b x -> f x = g x) -> is_integral a b f v -> is_integral a b g v.
Proof.
  intros a b f g v E [[L [F [p [q [[C [l D]] H]]]]] | H]; [left | right; exact H].
  split; [exact L |]. exists F, p, q. split; [| exact H]. split; [exact C |]. exists l. intros x Hx N.
  rewrite <- (E x Hx). apply D; assumption.
Qed.
Lemma Integral_ext : forall (a b : Rbar) (f g : R -> R), (forall x, between a b x -> f x = g x) -> Integral a b f = Integral a b g.
Proof.
  intros a b f g E. unfold Integral. f_equal. apply Lub_Rbar_eqset. intros v.
  split; apply is_integral_ext; [exact E | intros x Hx; symmetry; apply E, Hx].
Qed.
Lemma integrable_ext : forall (a b : Rbar) (f g : R -> R), (forall x, between a b x -> f x = g x) -> integrable a b g -> integrable a b f.
Proof.
  intros a b f g E [[v V] [w W]]. split; [exists v; revert V | exists w; revert W]; apply is_integral_ext; intros x Hx;
    rewrite (E x Hx); reflexivity.
Qed.
Lemma Integral_correct : forall (a b : Rbar) (f : R -> R), integrable a b f -> is_integral a b f (Integral a b f).
Proof. intros a b f [[v V] _]. rewrite (Integral_is a b f v V). exact V. Qed.


Lemma integral_and_absolute : forall (a b : Rbar) (f : R -> R) (v w : R),
  is_integral a b f v -> is_integral a b (fun x => Rabs (f x)) w -> Integral a b f = v /\ integrable a b f.
Proof. intros a b f v w V W. split; [apply Integral_is, V | split; [exists v; exact V | exists w; exact W]]. Qed.
Lemma integral_of_nonnegative : forall (a b : Rbar) (f : R -> R) (v : R),
  (forall x, between a b x -> 0 <= f x) -> is_integral a b f v -> Integral a b f = v /\ integrable a b f.
Proof.
  intros a b f v P V. apply (integral_and_absolute a b f v v V). revert V. apply is_integral_ext.
  intros x Hx. symmetry. apply Rabs_pos_eq, P, Hx.
Qed.
Lemma is_integral_by : forall (a b : Rbar) (f F : R -> R) (p q v : R), Rbar_lt a b ->
  (forall x, between a b x -> is_derive F x (f x)) ->
  filterlim F (just_after a) (locally p) -> filterlim F (just_before b) (locally q) -> v = q - p -> is_integral a b f v.
Proof.
  intros a b f F p q v L D P Q E. left. split; [exact L |]. exists F, p, q. repeat split; try assumption.
  - intros x Hx. apply (ex_derive_continuous (V := R_NormedModule)). exists (f x). apply D, Hx.
  - exists []. intros x Hx _. apply D, Hx.
Qed.
Lemma limit_after : forall (F : R -> R) (r : R), continuous F r -> filterlim F (just_after r) (locally (F r)).
Proof. intros F r C P HP. generalize (C P HP). unfold filtermap. apply (filter_le_within (F := locally r)). Qed.
Lemma limit_before : forall (F : R -> R) (r : R), continuous F r -> filterlim F (just_before r) (locally (F r)).
Proof. intros F r C P HP. generalize (C P HP). unfold filtermap. apply (filter_le_within (F := locally r)). Qed.

Lemma is_integral_scal : forall (a b : Rbar) (f : R -> R) (c v : R), is_integral a b f v -> is_integral a b (fun x => c * f x) (c * v).
Proof.
  intros a b f c v [[L [F [p [q [[C [l D]] [P [Q ->]]]]]]] | [L ->]]; [left | right; split; [exact L | ring]].
  split; [exact L |]. exists (fun x => c * F x), (c * p), (c * q). repeat split.
  - intros x Hx. apply (continuous_scal_r c F x), C, Hx.
  - exists l. intros x Hx N. apply (is_derive_scal F x c), D; assumption.
  - apply (filterlim_comp _ _ _ F (fun t => c * t) _ (locally p)); [exact P | apply (filterlim_scal_r (V := R_NormedModule) c p)].
  - apply (filterlim_comp _ _ _ F (fun t => c * t) _ (locally q)); [exact Q | apply (filterlim_scal_r (V := R_NormedModule) c q)].
  - ring.
Qed.
Lemma is_integral_plus : forall (a b : Rbar) (f g : R -> R) (v w : R),
  is_integral a b f v -> is_integral a b g w -> is_integral a b (fun x => f x + g x) (v + w).
Proof.
  intros a b f g v w [[L [F [p [q [[CF [l DF]] [PF [QF ->]]]]]]] | [N ->]] [[M [G [r [s [[CG [k DG]] [PG [QG ->]]]]]]] | [K ->]];
    try contradiction; [left | right; split; [exact N | ring]].
  split; [exact L |]. exists (fun x => F x + G x), (p + r), (q + s). repeat split.
  - intros x Hx. apply (continuous_plus F G x); [apply CF, Hx | apply CG, Hx].
  - exists (l ++ k). intros x Hx N.
    apply (is_derive_plus F G x); [apply DF | apply DG]; try exact Hx; intros I; apply N, in_or_app; tauto.
  - apply (filterlim_comp_2 (G := locally p) (H := locally r)); [exact PF | exact PG | apply (filterlim_plus (V := R_NormedModule))].
  - apply (filterlim_comp_2 (G := locally q) (H := locally s)); [exact QF | exact QG | apply (filterlim_plus (V := R_NormedModule))].
  - ring.
Qed.

(* Another variable, u x, which grows, or falls. *)
Lemma substitution : forall (a b A B : Rbar) (f u s back : R -> R) (v : R), Rbar_lt a b -> Rbar_lt A B ->
  (forall x, between a b x -> between A B (u x) /\ is_derive u x (s x) /\ back (u x) = x) ->
  filterlim u (just_after a) (just_after A) -> filterlim u (just_before b) (just_before B) ->
  is_integral A B f v -> is_integral a b (fun x => s x * f (u x)) v.
Proof.
  intros a b A B f u s back v L M U UA UB [[_ [F [p [q [[C [l D]] [P [Q ->]]]]]]] | [N _]]; [left | contradiction].
  split; [exact L |]. exists (fun x => F (u x)), p, q. repeat split.
  - intros x Hx. destruct (U x Hx) as [I [Du _]]. apply (continuous_comp u F); [| apply C, I].
    apply (ex_derive_continuous (V := R_NormedModule)). exists (s x). exact Du.
  - exists (map back l). intros x Hx N. destruct (U x Hx) as [I [Du E]].
    apply (is_derive_comp F u x (f (u x)) (s x)); [| exact Du]. apply D; [exact I |]. intros K. apply N. rewrite <- E. apply in_map, K.
  - apply (filterlim_comp _ _ _ u F _ (just_after A)); assumption.
  - apply (filterlim_comp _ _ _ u F _ (just_before B)); assumption.
Qed.
Lemma substitution_down : forall (a b A B : Rbar) (f u s back : R -> R) (v : R), Rbar_lt a b -> Rbar_lt A B ->
  (forall x, between a b x -> between A B (u x) /\ is_derive u x (- s x) /\ back (u x) = x) ->
  filterlim u (just_after a) (just_before B) -> filterlim u (just_before b) (just_after A) ->
  is_integral A B f v -> is_integral a b (fun x => s x * f (u x)) v.
Proof.
  intros a b A B f u s back v L M U UA UB [[_ [F [p [q [[C [l D]] [P [Q ->]]]]]]] | [N _]]; [left | contradiction].
  split; [exact L |]. exists (fun x => - F (u x)), (- q), (- p). repeat split.
  - intros x Hx. destruct (U x Hx) as [I [Du _]]. apply (continuous_opp (fun x => F (u x))), (continuous_comp u F); [| apply C, I].
    apply (ex_derive_continuous (V := R_NormedModule)). exists (- s x). exact Du.
  - exists (map back l). intros x Hx N. destruct (U x Hx) as [I [Du E]].
    replace (s x * f (u x)) with (opp (scal (- s x) (f (u x)))) by (unfold opp, scal; simpl; unfold mult; simpl; ring).
    apply (is_derive_opp (fun x => F (u x))), (is_derive_comp F u x (f (u x)) (- s x)); [| exact Du].
    apply D; [exact I |]. intros K. apply N. rewrite <- E. apply in_map, K.
  - apply (filterlim_comp _ _ _ (fun x => F (u x)) Ropp _ (locally q)); [| apply (filterlim_opp (V := R_NormedModule) q)].
    apply (filterlim_comp _ _ _ u F _ (just_before B)); assumption.
  - apply (filterlim_comp _ _ _ (fun x => F (u x)) Ropp _ (locally p)); [| apply (filterlim_opp (V := R_NormedModule) p)].
    apply (filterlim_comp _ _ _ u F _ (just_after A)); assumption.
  - ring.
Qed.

Lemma is_integral_of_terms : forall (a b : Rbar) (f g : R -> R), integrable a b f -> integrable a b g ->
  (forall x, between a b x -> 0 <= f x) -> (forall x, between a b x -> 0 <= g x) ->
  Integral a b (fun x => f x + g x) = Integral a b f + Integral a b g /\ integrable a b (fun x => f x + g x).
Proof.
  intros a b f g F G PF PG. apply integral_of_nonnegative.
  - intros x Hx. specialize (PF x Hx). specialize (PG x Hx). lra.
  - apply is_integral_plus; apply Integral_correct; assumption.
Qed.

(* A substitution of a positive slope, for the integral and for the absolute one. *)
Lemma substituted : forall (a b A B : Rbar) (f u s back : R -> R), Rbar_lt a b -> Rbar_lt A B ->
  (forall x, between a b x -> between A B (u x) /\ is_derive u x (s x) /\ 0 < s x /\ back (u x) = x) ->
  filterlim u (just_after a) (just_after A) -> filterlim u (just_before b) (just_before B) ->
  integrable A B f ->
  Integral a b (fun x => s x * f (u x)) = Integral A B f /\ integrable a b (fun x => s x * f (u x)).
Proof.
  intros a b A B f u s back L M U UA UB [V [w W]].
  assert (forall x, between a b x -> between A B (u x) /\ is_derive u x (s x) /\ back (u x) = x) as K
    by (intros x Hx; destruct (U x Hx) as [I [D [_ E]]]; auto).
  apply (integral_and_absolute a b _ _ w).
  - apply (substitution a b A B f u s back); try assumption. apply Integral_correct. split; [exact V | exists w; exact W].
  - apply (is_integral_ext a b (fun x => s x * Rabs (f (u x)))).
    + intros x Hx. destruct (U x Hx) as [_ [_ [P _]]]. rewrite Rabs_mult, (Rabs_pos_eq (s x)) by lra. reflexivity.
    + apply (substitution a b A B (fun t => Rabs (f t)) u s back); assumption.
Qed.
Lemma substituted_down : forall (a b A B : Rbar) (f u s back : R -> R), Rbar_lt a b -> Rbar_lt A B ->
  (forall x, between a b x -> between A B (u x) /\ is_derive u x (- s x) /\ 0 < s x /\ back (u x) = x) ->
  filterlim u (just_after a) (just_before B) -> filterlim u (just_before b) (just_after A) ->
  integrable A B f ->
  Integral a b (fun x => s x * f (u x)) = Integral A B f /\ integrable a b (fun x => s x * f (u x)).
Proof.
  intros a b A B f u s back L M U UA UB [V [w W]].
  assert (forall x, between a b x -> between A B (u x) /\ is_derive u x (- s x) /\ back (u x) = x) as K
    by (intros x Hx; destruct (U x Hx) as [I [D [_ E]]]; auto).
  apply (integral_and_absolute a b _ _ w).
  - apply (substitution_down a b A B f u s back); try assumption. apply Integral_correct. split; [exact V | exists w; exact W].
  - apply (is_integral_ext a b (fun x => s x * Rabs (f (u x)))).
    + intros x Hx. destruct (U x Hx) as [_ [_ [P _]]]. rewrite Rabs_mult, (Rabs_pos_eq (s x)) by lra. reflexivity.
    + apply (substitution_down a b A B (fun t => Rabs (f t)) u s back); assumption.
Qed.
(* The same integral, written otherwise. *)
Lemma same_integral : forall (a b : Rbar) (f g : R -> R) (v : R), (forall x, between a b x -> f x = g x) ->
  Integral a b g = v /\ integrable a b g -> Integral a b f = v /\ integrable a b f.
Proof. intros a b f g v E [V C]. split; [rewrite (Integral_ext a b f g E); exact V | exact (integrable_ext a b f g E C)]. Qed.
Lemma scaled_integral : forall (a b : Rbar) (f : R -> R) (c : R), integrable a b f ->
  Integral a b (fun x => c * f x) = c * Integral a b f /\ integrable a b (fun x => c * f x).
Proof.
  intros a b f c [V [w W]]. apply (integral_and_absolute a b _ _ (Rabs c * w)).
  - apply is_integral_scal, Integral_correct. split; [exact V | exists w; exact W].
  - apply (is_integral_ext a b (fun x => Rabs c * Rabs (f x))); [intros x _; symmetry; apply Rabs_mult |].
    apply is_integral_scal, W.
Qed.

(* Two integrals, one after the other: an antiderivative that goes on where the first ends. *)
Definition joined (c p q : R) (F G : R -> R) (x : R) : R :=
  if Rlt_dec x c then F x else if Rlt_dec c x then G x + (q - p) else q.
Lemma joined_left : forall (c p q : R) (F G : R -> R) (x : R), x < c -> joined c p q F G x = F x.
Proof. intros. unfold joined. destruct (Rlt_dec x c); [reflexivity | lra]. Qed.
Lemma joined_right : forall (c p q : R) (F G : R -> R) (x : R), c < x -> joined c p q F G x = G x + (q - p).
Proof. intros. unfold joined. destruct (Rlt_dec x c); [lra |]. destruct (Rlt_dec c x); [reflexivity | lra]. Qed.
Lemma joined_here : forall (c p q : R) (F G : R -> R), joined c p q F G c = q.
Proof. intros. unfold joined. destruct (Rlt_dec c c); [lra | reflexivity]. Qed.
Lemma shifted_limit : forall (T : Type) (U : (T -> Prop) -> Prop) (G : T -> R) (p d : R), Filter U ->
  filterlim G U (locally p) -> filterlim (fun x => G x + d) U (locally (p + d)).
Proof.
  intros T U G p d FU H. apply (filterlim_comp_2 (G := locally p) (H := locally d) G (fun _ => d) Rplus);
    [exact H | apply filterlim_const | apply (filterlim_plus (V := R_NormedModule) p d)].
Qed.
Lemma is_integral_join : forall (a b : Rbar) (c : R) (f : R -> R) (v w : R), Rbar_le a c -> Rbar_le c b ->
  is_integral a c f v -> is_integral c b f w -> is_integral a b f (v + w).
Proof.
  intros a b c f v w A B [[L [F [p [q [[CF [l DF]] [PF [QF ->]]]]]]] | [N ->]].
  2: { intros H. rewrite Rplus_0_l. destruct (Rbar_le_lt_or_eq_dec a c A) as [K | ->]; [contradiction | exact H]. }
  intros [[M [G [r [s [[CG [k DG]] [PG [QG ->]]]]]]] | [N ->]].
  2: { destruct (Rbar_le_lt_or_eq_dec c b B) as [K | <-]; [contradiction |]. rewrite Rplus_0_r. left.
       split; [exact L |]. exists F, p, q. repeat split; try assumption. exists l. exact DF. }
  left. assert (Rbar_lt a b) as AB by (apply Rbar_lt_trans with c; assumption). split; [exact AB |].
  set (J := joined c r q F G). exists J, p, (s + (q - r)).
  assert (forall x, x < c -> locally x (fun t => F t = J t)) as left_of.
  { intros x Hx. apply (filter_imp (fun t => t < c)); [intros t Ht; symmetry; apply joined_left, Ht | apply open_lt, Hx]. }
  assert (forall x, c < x -> locally x (fun t => G t + (q - r) = J t)) as right_of.
  { intros x Hx. apply (filter_imp (fun t => c < t)); [intros t Ht; symmetry; apply joined_right, Ht | apply open_gt, Hx]. }
  split; [split | split; [| split]].
  - intros x [X Y]. destruct (Rtotal_order x c) as [H | [-> | H]].
    + apply (continuous_ext_loc J F x); [apply left_of, H | apply CF; split; assumption].
    + intros P HP. unfold J in HP. rewrite joined_here in HP. 
      assert (just_before c (fun t => P (J t))) as PL.
      { refine (filterlim_ext_loc (F := just_before c) F J _ QF P HP).
        apply at_left_near. exists 1. split; [lra |]. intros t Ht. symmetry. apply joined_left. lra. }
      assert (just_after c (fun t => P (J t))) as PR.
      { apply (shifted_limit _ _ G r (q - r)) in PG; [| apply just_after_proper]. replace (r + (q - r)) with q in PG by ring.
        refine (filterlim_ext_loc (F := just_after c) _ J _ PG P HP).
        apply at_right_near. exists 1. split; [lra |]. intros t Ht. symmetry. apply joined_right. lra. }
      apply locally_singleton in HP as PC.
      apply near_at_left in PL. apply near_at_right in PR. destruct PL as [d [Hd PL]], PR as [e [He PR]].
      exists (mkposreal (Rmin d e) (Rmin_pos d e Hd He)). intros t Ht. apply Rabs_def2 in Ht.
      unfold minus, plus, opp in Ht; simpl in Ht. pose proof (Rmin_l d e). pose proof (Rmin_r d e).
      destruct (Rtotal_order t c) as [K | [-> | K]]; [apply PL; lra | unfold J; rewrite joined_here; exact PC | apply PR; lra].
    + apply (continuous_ext_loc J (fun t => G t + (q - r)) x); [apply right_of, H |].
      apply (continuous_plus G (fun _ => q - r) x); [apply CG; split; assumption | apply continuous_const].
  - exists (c :: l ++ k). intros x [X Y] N. destruct (Rtotal_order x c) as [H | [-> | H]].
    + apply (is_derive_ext_loc F); [apply left_of, H |]. apply DF; [split; assumption |].
      intros I. apply N. right. apply in_or_app. tauto.
    + exfalso. apply N. left. reflexivity.
    + apply (is_derive_ext_loc (fun t => G t + (q - r))); [apply right_of, H |].
      replace (f x) with (plus (f x) 0) by (unfold plus; simpl; ring).
      apply (is_derive_plus G (fun _ => q - r)); [| apply (is_derive_const (q - r) x)].
      apply DG; [split; assumption |]. intros I. apply N. right. apply in_or_app. tauto.
  - apply (filterlim_ext_loc F); [| exact PF]. apply (filter_imp (between a c)); [| apply between_after, L].
    intros x [_ Hx]. symmetry. apply joined_left. exact Hx.
  - apply (filterlim_ext_loc (fun t => G t + (q - r))).
    + apply (filter_imp (between c b)); [| apply between_before, M]. intros x [Hx _]. symmetry. apply joined_right. exact Hx.
    + apply (shifted_limit _ _ G s (q - r)); [apply just_before_proper | exact QG].
  - ring.
Qed.
Lemma joined_integral : forall (a b : Rbar) (c : R) (f : R -> R), Rbar_le a c -> Rbar_le c b ->
  integrable a c f -> integrable c b f ->
  Integral a b f = Integral a c f + Integral c b f /\ integrable a b f.
Proof.
  intros a b c f A B [V [v AV]] [W [w AW]]. apply (integral_and_absolute a b _ _ (v + w)).
  - apply (is_integral_join a b c); try assumption; apply Integral_correct; split; eauto.
  - apply (is_integral_join a b c); assumption.
Qed.

(* Limits at the ends. *)
Lemma limit_at_0 : forall u : R -> R, (forall x, 0 < x -> 0 < u x) -> continuous u 0 -> u 0 = 0 -> filterlim u (at_right 0) (at_right 0).
Proof.
  intros u P C E Q HQ. apply near_at_right in HQ. destruct HQ as [d [Hd HQ]].
  assert (locally (u 0) (fun y => y < d)) as L by (apply open_lt; rewrite E; exact Hd).
  destruct (C _ L) as [e He]. exists e. intros x Hx Lx. apply HQ.
  specialize (P x Lx). specialize (He x Hx). simpl in He. lra.
Qed.
Lemma exp_falls_to_0 : forall a : R, 0 < a -> filterlim (fun x => exp ((-1) * (a * x))) (Rbar_locally p_infty) (locally 0).
Proof.
  intros a Ha. apply (filterlim_comp _ _ _ (fun x => (-1) * (a * x)) exp _ (Rbar_locally m_infty)).
  - intros P [M H]. exists (- M / a). intros x Hx. apply H.
    apply (Rmult_lt_compat_l a) in Hx; [| exact Ha]. replace (a * (- M / a)) with (- M) in Hx by (field; lra). lra.
  - exact is_lim_exp_m.
Qed.
Lemma factorial_count_is : forall k : nat, factorial (INR k) = INR (fact k).
Proof. intros k. unfold factorial. rewrite Int_part_INR, Nat2Z.id. reflexivity. Qed.
Lemma Sum_from_ext : forall (m : R) (f g : R -> R), (forall k, following m k -> f k = g k) -> Sum_from m f = Sum_from m g.
Proof. intros m f g H. apply Series_ext. intros p. apply H. exists p. reflexivity. Qed.
Lemma summable_ext : forall (m : R) (f g : R -> R), (forall k, following m k -> f k = g k) -> summable m g -> summable m f.
Proof.
  intros m f g H. apply ex_series_ext. intros p. rewrite (H (m + INR p)); [reflexivity |]. exists p. reflexivity.
Qed.
Lemma following_least : forall m k : R, following m k -> m <= k.
Proof. intros m k [p ->]. pose proof (pos_INR p). lra. Qed.
Lemma following_count : forall m k : R, following m k -> count m -> count k.
Proof. intros m k [p ->] H. apply count_plus; [exact H | exists p; reflexivity]. Qed.
Lemma following_integer : forall m k : R, following m k -> integer m -> integer k.
Proof. intros m k [p ->] H. apply integer_plus; [exact H |]. exists (Z.of_nat p). apply INR_IZR_INZ. Qed.
Lemma Where_either : forall (P : R -> Prop) (g a b : R), P a -> P b -> P (Where g a b).
Proof. intros P g a b A B. unfold Where. destruct (Rle_dec 0 g); assumption. Qed.
(* A step that leaves out of account what converges by itself. *)
Lemma linked : forall (a b c : R) (A B : Prop), (B -> a = b /\ A) -> b = c /\ B -> a = c /\ A.
Proof. intros a b c A B H [-> K]. exact (H K). Qed.
(* An antiderivative on the whole line. *)
Lemma is_integral_over : forall (m n : R) (f F : R -> R) (v : R), m <= n -> (forall x, is_derive F x (f x)) -> v = F n - F m ->
  is_integral m n f v.
Proof.
  intros m n f F v H D ->. destruct (Rle_lt_or_eq_dec m n H) as [L | <-]; [| right; split; [simpl; lra | ring]].
  assert (forall x, continuous F x) as C by (intros x; apply (ex_derive_continuous (V := R_NormedModule)); exists (f x); apply D).
  apply (is_integral_by m n f F (F m) (F n)); [exact L | auto | apply limit_after, C | apply limit_before, C | reflexivity].
Qed.
(* Where there is an integral of Riemann of a continuous function, it is the same. *)
Lemma Integral_is_RInt : forall (m n : R) (f : R -> R), m <= n -> (forall x, continuous f x) -> Integral m n f = RInt f m n.
Proof.
  intros m n f H C. apply Integral_is, (is_integral_over m n f (RInt f m)); [exact H | |].
  - intros x. apply (is_derive_RInt f (RInt f m) m x); [| apply C]. exists (mkposreal 1 Rlt_0_1). intros u _.
    apply (RInt_correct (V := R_CompleteNormedModule) f m u), (ex_RInt_continuous (V := R_CompleteNormedModule)). intros t _. apply C.
  - rewrite RInt_point. symmetry. apply Rminus_0_r.
Qed.
(* What is asked of a substitution. *)
Ltac parts := refine (conj (conj _ _) (conj _ (conj _ _))); cbn [Rbar_lt]; cbv beta; try exact I.

Lemma power_half : forall a : R, 0 < a -> power a (1 / 2) = sqrt a.
Proof. intros a H. rewrite power_of_positive by exact H. rewrite <- Rpower_sqrt by exact H. unfold Rpower. f_equal. f_equal. lra. Qed.
Lemma power_half_0 : power 0 (1 / 2) = 0.
Proof.
  unfold power. destruct (Req_EM_T (1 / 2) _) as [E |].
  - exfalso. assert (IZR 1 = IZR (2 * Int_part (1 / 2))) as F by (rewrite mult_IZR; lra). apply eq_IZR in F. lia.
  - destruct (Rlt_dec 0 0) as [L |]; [lra | reflexivity].
Qed.
Lemma power_half_of_product : forall a b : R, 0 <= a -> 0 <= b -> power (a * b) (1 / 2) = sqrt a * sqrt b.
Proof.
  intros a b [Ha | <-] [Hb | <-]; rewrite ?Rmult_0_l, ?Rmult_0_r, ?sqrt_0, ?Rmult_0_l, ?Rmult_0_r; try exact power_half_0.
  rewrite power_half by (apply Rmult_lt_0_compat; assumption). apply sqrt_mult; lra.
Qed.

(* The integral of exp(-t^2) from 0 to x; its square is pi / 4 less the integral of exp(-x^2 (1 + t^2)) / (1 + t^2) from 0 to 1. *)
Definition bell (t : R) : R := exp (- (t * t)).
Definition bell_from_0 (x : R) : R := RInt bell 0 x.
Definition rest_of_square (x t : R) : R := exp (- (x * x * (1 + t * t))) / (1 + t * t).
Lemma bell_continuous : forall t : R, continuous bell t.
Proof. intros t. apply (ex_derive_continuous (V := R_NormedModule)). unfold bell. auto_derive. exact I. Qed.
Lemma bell_integrable : forall u v : R, ex_RInt bell u v.
Proof. intros u v. apply (ex_RInt_continuous (V := R_CompleteNormedModule)). intros t _. apply bell_continuous. Qed.
Lemma is_derive_bell_from_0 : forall x : R, is_derive bell_from_0 x (bell x).
Proof.
  intros x. apply (is_derive_RInt bell bell_from_0 0 x); [| apply bell_continuous].
  exists (mkposreal 1 Rlt_0_1). intros u _. apply (RInt_correct (V := R_CompleteNormedModule) bell 0 u), bell_integrable.
Qed.
Lemma one_plus_square : forall t : R, 0 < 1 + t * t.
Proof. intros t. pose proof (Rle_0_sqr t) as H. unfold Rsqr in H. lra. Qed.
Lemma rest_continuous : forall x t : R, continuous (rest_of_square x) t.
Proof.
  intros x t. apply (ex_derive_continuous (V := R_NormedModule)). unfold rest_of_square. pose proof (one_plus_square t).
  auto_derive. lra.
Qed.
Lemma rest_integrable : forall x u v : R, ex_RInt (rest_of_square x) u v.
Proof. intros x u v. apply (ex_RInt_continuous (V := R_CompleteNormedModule)). intros t _. apply rest_continuous. Qed.
Lemma is_derive_rest : forall x t : R, is_derive (fun u => rest_of_square u t) x (-2 * x * exp (- (x * x * (1 + t * t)))).
Proof. intros x t. unfold rest_of_square. pose proof (one_plus_square t). auto_derive; [lra | field; lra]. Qed.
Lemma is_derive_integral_of_rest : forall x : R,
  is_derive (fun u => RInt (rest_of_square u) 0 1) x (-2 * bell x * bell_from_0 x).
Proof.
  intros x. replace (-2 * bell x * bell_from_0 x) with (RInt (fun t => Derive (fun u => rest_of_square u t) x) 0 1).
  - apply (is_derive_RInt_param rest_of_square 0 1 x).
    + exists (mkposreal 1 Rlt_0_1). intros u _ t _. eexists. apply is_derive_rest.
    + intros t _. apply (continuity_2d_pt_ext (fun u v => -2 * u * exp (- (u * u * (1 + v * v))))).
      * intros u v. symmetry. apply is_derive_unique, is_derive_rest.
      * apply continuity_2d_pt_mult.
        { apply continuity_2d_pt_mult; [apply continuity_2d_pt_const | apply continuity_2d_pt_id1]. }
        apply (continuity_1d_2d_pt_comp exp); [apply derivable_continuous_pt, derivable_pt_exp |].
        apply continuity_2d_pt_opp, continuity_2d_pt_mult.
        { apply continuity_2d_pt_mult; apply continuity_2d_pt_id1. }
        apply continuity_2d_pt_plus; [apply continuity_2d_pt_const |]. apply continuity_2d_pt_mult; apply continuity_2d_pt_id2.
    + exists (mkposreal 1 Rlt_0_1). intros u _. apply rest_integrable.
  - transitivity (RInt (fun t => scal (-2 * bell x) (scal x (bell (x * t + 0)))) 0 1).
    + apply RInt_ext. intros t _. transitivity (-2 * x * exp (- (x * x * (1 + t * t)))); [apply is_derive_unique, is_derive_rest |].
      unfold scal; simpl; unfold mult; simpl.
      unfold bell. rewrite !Rplus_0_r. replace (- (x * x * (1 + t * t))) with (- (x * x) + - (x * t * (x * t))) by ring.
      rewrite exp_plus. ring.
    + transitivity (scal (-2 * bell x) (RInt (fun t => scal x (bell (x * t + 0))) 0 1)).
      * apply (RInt_scal (V := R_CompleteNormedModule) (fun t => scal x (bell (x * t + 0))) 0 1 (-2 * bell x)).
        apply (ex_RInt_comp_lin bell x 0 0 1), bell_integrable.
      * unfold scal at 1; simpl; unfold mult; simpl. f_equal. transitivity (RInt bell (x * 0 + 0) (x * 1 + 0)).
        { apply (RInt_comp_lin bell x 0 0 1), bell_integrable. }
        unfold bell_from_0. f_equal; ring.
Qed.
Lemma rest_at_0 : forall t : R, / (1 + t²) = rest_of_square 0 t.
Proof.
  intros t. unfold rest_of_square, Rsqr. replace (- (0 * 0 * (1 + t * t))) with 0 by ring. rewrite exp_0.
  pose proof (one_plus_square t). field. repeat split; nra.
Qed.
Lemma integral_of_rest_at_0 : RInt (rest_of_square 0) 0 1 = PI / 4.
Proof.
  rewrite <- atan_1. transitivity (minus (atan 1) (atan 0)); [| rewrite atan_0; unfold minus, plus, opp; simpl; ring].
  apply is_RInt_unique. apply (is_RInt_ext (fun t => / (1 + t²))).
  - intros t _. apply rest_at_0.
  - apply (is_RInt_derive atan (fun t => / (1 + t²))); intros t _.
    + apply is_derive_atan.
    + apply (ex_derive_continuous (V := R_NormedModule)). unfold Rsqr. pose proof (one_plus_square t). auto_derive. lra.
Qed.
Lemma is_derive_value : forall (f : R -> R) (x l m : R), is_derive f x l -> l = m -> is_derive f x m.
Proof. intros f x l m H <-. exact H. Qed.
Lemma square_of_bell_from_0 : forall x : R, bell_from_0 x * bell_from_0 x + RInt (rest_of_square x) 0 1 = PI / 4.
Proof.
  set (H := fun x => bell_from_0 x * bell_from_0 x + RInt (rest_of_square x) 0 1).
  assert (forall x, is_derive H x 0) as D.
  { intros x. unfold H.
    apply (is_derive_value _ x (plus (bell x * bell_from_0 x + bell_from_0 x * bell x) (-2 * bell x * bell_from_0 x)));
      [| unfold plus; simpl; ring].
    apply (is_derive_plus (fun x => bell_from_0 x * bell_from_0 x)); [| apply is_derive_integral_of_rest].
    apply (is_derive_mult bell_from_0 bell_from_0); [apply is_derive_bell_from_0 | apply is_derive_bell_from_0 | exact Rmult_comm]. }
  assert (forall u v, u <= v -> H v = H u) as flat.
  { intros u v L. apply (flat_is_constant []); [exact L | | intros x _ _; apply D].
    intros x _. apply (ex_derive_continuous (V := R_NormedModule)). eexists. apply D. }
  assert (H 0 = PI / 4) as E.
  { unfold H. rewrite integral_of_rest_at_0. unfold bell_from_0. rewrite RInt_point. unfold zero; simpl. ring. }
  intros x. change (H x = PI / 4). rewrite <- E. destruct (Rle_dec 0 x); [apply flat; assumption | symmetry; apply flat; lra].
Qed.
Lemma bell_from_0_odd : forall x : R, bell_from_0 (- x) = - bell_from_0 x.
Proof.
  assert (forall x, bell_from_0 x + bell_from_0 (- x) = 0) as K; [| intros x; specialize (K x); lra].
  set (H := fun x => bell_from_0 x + bell_from_0 (- x)).
  assert (forall x, is_derive H x 0) as D.
  { intros x. unfold H. apply (is_derive_value _ x (plus (bell x) (scal (-1) (bell (- x))))).
    - apply (is_derive_plus bell_from_0); [apply is_derive_bell_from_0 |].
      apply (is_derive_comp bell_from_0 Ropp); [apply is_derive_bell_from_0 | auto_derive; [exact I | ring]].
    - unfold plus, scal; simpl; unfold mult; simpl. unfold bell. replace (- x * - x) with (x * x) by ring. ring. }
  assert (forall u v, u <= v -> H v = H u) as flat.
  { intros u v L. apply (flat_is_constant []); [exact L | | intros x _ _; apply D].
    intros x _. apply (ex_derive_continuous (V := R_NormedModule)). eexists. apply D. }
  assert (H 0 = 0) as E by (unfold H, bell_from_0; rewrite Ropp_0, RInt_point; unfold zero; simpl; ring).
  intros x. change (H x = 0). rewrite <- E. destruct (Rle_dec 0 x); [apply flat; assumption | symmetry; apply flat; lra].
Qed.
Lemma bell_from_0_nonnegative : forall x : R, 0 <= x -> 0 <= bell_from_0 x.
Proof. intros x H. apply RInt_ge_0; [exact H | apply bell_integrable | intros t _; left; apply exp_pos]. Qed.
Lemma rest_small : forall x : R, 0 <= RInt (rest_of_square x) 0 1 <= exp (- (x * x)).
Proof.
  intros x. split.
  - apply RInt_ge_0; [lra | apply rest_integrable |]. intros t _. pose proof (one_plus_square t).
    unfold rest_of_square. left. apply Rdiv_lt_0_compat; [apply exp_pos | assumption].
  - replace (exp (- (x * x))) with (RInt (fun _ => exp (- (x * x))) 0 1)
      by (rewrite RInt_const; unfold scal; simpl; unfold mult; simpl; ring).
    apply RInt_le; [lra | apply rest_integrable | apply ex_RInt_const |]. intros t _. pose proof (one_plus_square t).
    pose proof (Rle_0_sqr t) as S. unfold Rsqr in S. pose proof (Rle_0_sqr x) as X. unfold Rsqr in X.
    unfold rest_of_square. apply (Rmult_le_reg_r (1 + t * t)); [assumption |].
    unfold Rdiv. rewrite Rmult_assoc, Rinv_l, Rmult_1_r by lra.
    apply Rle_trans with (exp (- (x * x))); [| pose proof (exp_pos (- (x * x))); nra].
    destruct (Rle_lt_or_eq_dec (- (x * x * (1 + t * t))) (- (x * x))) as [L | ->]; [nra | left; apply exp_increasing, L | right; reflexivity].
Qed.
Lemma limit_of_bell : filterlim bell_from_0 (Rbar_locally p_infty) (locally (sqrt PI / 2)).
Proof.
  apply (filterlim_ext_loc (fun x => sqrt (PI / 4 - RInt (rest_of_square x) 0 1))).
  - exists 0. intros x Hx. rewrite <- (square_of_bell_from_0 x).
    replace (bell_from_0 x * bell_from_0 x + RInt (rest_of_square x) 0 1 - RInt (rest_of_square x) 0 1)
      with (bell_from_0 x * bell_from_0 x) by ring.
    apply sqrt_square, bell_from_0_nonnegative. lra.
  - assert (sqrt (PI / 4) = sqrt PI / 2) as E.
    { pose proof PI_RGT_0. replace (PI / 4) with (PI * (/ 2 * / 2)) by lra.
      rewrite sqrt_mult, sqrt_square by lra. reflexivity. }
    rewrite <- E. apply (filterlim_comp _ _ _ (fun x => PI / 4 - RInt (rest_of_square x) 0 1) sqrt _ (locally (PI / 4))).
    + assert (filterlim (fun x => - RInt (rest_of_square x) 0 1 + PI / 4) (Rbar_locally p_infty) (locally (- 0 + PI / 4))) as K.
      { apply shifted_limit; [apply Rbar_locally_filter |].
        apply (filterlim_comp _ _ _ (fun x => RInt (rest_of_square x) 0 1) Ropp _ (locally 0)); [| apply (filterlim_opp (V := R_NormedModule) 0)].
        apply (filterlim_le_le (F := Rbar_locally p_infty) (fun _ => 0) _ (fun x => exp ((-1) * (1 * x))) 0).
        - exists 1. intros x Hx. destruct (rest_small x) as [A B]. split; [exact A |]. apply (Rle_trans _ _ _ B).
          left. apply exp_increasing. nra.
        - apply filterlim_const.
        - apply exp_falls_to_0, Rlt_0_1. }
      rewrite Ropp_0, Rplus_0_l in K. revert K. apply filterlim_ext. intros x. ring.
    + apply (continuous_sqrt (PI / 4)).
Qed.
Lemma limit_of_bell_below : filterlim bell_from_0 (Rbar_locally m_infty) (locally (- (sqrt PI / 2))).
Proof.
  apply (filterlim_ext (fun x => - bell_from_0 (- x))); [intros x; rewrite bell_from_0_odd; ring |].
  apply (filterlim_comp _ _ _ (fun x => bell_from_0 (- x)) Ropp _ (locally (sqrt PI / 2))); [| apply (filterlim_opp (V := R_NormedModule) (sqrt PI / 2))].
  apply (filterlim_comp _ _ _ Ropp bell_from_0 _ (Rbar_locally p_infty)); [| exact limit_of_bell].
  intros P [M H]. exists (- M). intros x Hx. apply H. lra.
Qed.
Lemma erf_is : forall x : R, erf x = 2 / sqrt PI * bell_from_0 x.
Proof. reflexivity. Qed.
Lemma is_derive_erf : forall x : R, is_derive erf x (2 / sqrt PI * exp (- (x * x))).
Proof. intros x. apply (is_derive_scal bell_from_0 x (2 / sqrt PI)), is_derive_bell_from_0. Qed.
Lemma ex_derive_erf : forall (u : R -> R) (v : R), ex_derive u v -> ex_derive (fun t => erf (u t)) v.
Proof. intros u v. apply (ex_derive_chain erf u v _ (is_derive_erf _)). Qed.
Lemma sqrt_PI_positive : 0 < sqrt PI.
Proof. apply sqrt_lt_R0, PI_RGT_0. Qed.

Lemma rest_positive : forall x : R, 0 < RInt (rest_of_square x) 0 1.
Proof.
  intros x. apply RInt_gt_0; [lra | | intros t _; apply rest_continuous]. intros t _.
  apply Rdiv_lt_0_compat; [apply exp_pos | apply one_plus_square].
Qed.
Lemma erf_bound : forall x : R, (-1) < erf x < 1.
Proof.
  intros x. rewrite erf_is. pose proof sqrt_PI_positive as P. pose proof PI_RGT_0 as Q.
  assert (Rabs (bell_from_0 x) < sqrt PI / 2) as B.
  { rewrite <- (Rabs_pos_eq (sqrt PI / 2)) by lra. apply Rsqr_lt_abs_0. unfold Rsqr. pose proof (square_of_bell_from_0 x). pose proof (rest_positive x).
    replace (sqrt PI / 2 * (sqrt PI / 2)) with (sqrt PI * sqrt PI / 4) by field. rewrite sqrt_sqrt by lra. lra. }
  apply Rabs_def2 in B. pose proof (Rinv_0_lt_compat _ P). split.
  - apply (Rmult_lt_reg_r (sqrt PI / 2)); [lra |]. replace (2 / sqrt PI * bell_from_0 x * (sqrt PI / 2)) with (bell_from_0 x) by (field; lra). lra.
  - apply (Rmult_lt_reg_r (sqrt PI / 2)); [lra |]. replace (2 / sqrt PI * bell_from_0 x * (sqrt PI / 2)) with (bell_from_0 x) by (field; lra). lra.
Qed.
Lemma erf_positive : forall x : R, 0 < x -> 0 < erf x.
Proof.
  intros x H. rewrite erf_is. apply Rmult_lt_0_compat; [apply Rdiv_lt_0_compat; [lra | apply sqrt_PI_positive] |].
  apply RInt_gt_0; [exact H | intros t _; apply exp_pos | intros t _; apply bell_continuous].
Qed.

(* The antiderivative of exp(-a x^2). *)
Definition bell_of (a x : R) : R := bell_from_0 (x * sqrt a) / sqrt a.
Lemma is_derive_bell_of : forall a x : R, 0 < a -> is_derive (bell_of a) x (exp ((-1) * (a * power x 2))).
Proof.
  intros a x Ha. pose proof (sqrt_lt_R0 a Ha) as S. unfold bell_of.
  apply (is_derive_ext (fun x => / sqrt a * bell_from_0 (x * sqrt a))); [intros t; apply Rmult_comm |].
  replace (exp ((-1) * (a * power x 2))) with (/ sqrt a * (scal (sqrt a) (bell (x * sqrt a)))).
  - apply (is_derive_scal (fun x => bell_from_0 (x * sqrt a)) x (/ sqrt a)).
    apply (is_derive_comp bell_from_0 (fun x => x * sqrt a)); [apply is_derive_bell_from_0 | auto_derive; [exact I | ring]].
  - unfold scal; simpl; unfold mult; simpl. unfold bell. rewrite power_2.
    replace (- (x * sqrt a * (x * sqrt a))) with ((-1) * ((sqrt a * sqrt a) * (x * x))) by ring.
    rewrite sqrt_sqrt by lra. field. lra.
Qed.
Lemma bell_of_continuous : forall a x : R, 0 < a -> continuous (bell_of a) x.
Proof. intros a x H. apply (ex_derive_continuous (V := R_NormedModule)). eexists. apply is_derive_bell_of, H. Qed.
Lemma half_of_gaussian : forall a : R, 0 < a -> power (PI * power a (-1)) (1 / 2) = sqrt PI / sqrt a.
Proof.
  intros a Ha. pose proof PI_RGT_0. rewrite power_minus_1. pose proof (Rinv_0_lt_compat a Ha).
  rewrite power_half by (apply Rmult_lt_0_compat; assumption). apply (sqrt_div PI a); lra.
Qed.
Lemma limit_of_bell_of : forall a : R, 0 < a -> filterlim (bell_of a) (Rbar_locally p_infty) (locally (sqrt PI / 2 * / sqrt a)).
Proof.
  intros a Ha. pose proof (sqrt_lt_R0 a Ha) as S.
  apply (filterlim_comp _ _ _ (fun x => bell_from_0 (x * sqrt a)) (fun t => t * / sqrt a) _ (locally (sqrt PI / 2))).
  - apply (filterlim_comp _ _ _ (fun x => x * sqrt a) bell_from_0 _ (Rbar_locally p_infty)); [| exact limit_of_bell].
    intros P [M H]. exists (M / sqrt a). intros x Hx. apply H. apply (Rmult_lt_compat_r (sqrt a)) in Hx; [| exact S].
    replace (M / sqrt a * sqrt a) with M in Hx by (field; lra). exact Hx.
  - apply (continuous_scal_l (fun t => t) (/ sqrt a)), continuous_id.
Qed.
Lemma limit_of_bell_of_below : forall a : R, 0 < a -> filterlim (bell_of a) (Rbar_locally m_infty) (locally (- (sqrt PI / 2) * / sqrt a)).
Proof.
  intros a Ha. pose proof (sqrt_lt_R0 a Ha) as S.
  apply (filterlim_comp _ _ _ (fun x => bell_from_0 (x * sqrt a)) (fun t => t * / sqrt a) _ (locally (- (sqrt PI / 2)))).
  - apply (filterlim_comp _ _ _ (fun x => x * sqrt a) bell_from_0 _ (Rbar_locally m_infty)); [| exact limit_of_bell_below].
    intros P [M H]. exists (M / sqrt a). intros x Hx. apply H. apply (Rmult_lt_compat_r (sqrt a)) in Hx; [| exact S].
    replace (M / sqrt a * sqrt a) with M in Hx by (field; lra). exact Hx.
  - apply (continuous_scal_l (fun t => t) (/ sqrt a)), continuous_id.
Qed.
Lemma bell_of_by_erf : forall a x : R, 0 < a -> bell_of a x = sqrt PI / 2 * / sqrt a * erf (x * power a (1 / 2)).
Proof.
  intros a x Ha. pose proof (sqrt_lt_R0 a Ha). pose proof sqrt_PI_positive. rewrite power_half by exact Ha.
  rewrite erf_is. unfold bell_of. field. lra.
Qed.
Lemma gaussian_between : forall a m n : R, 0 < a -> m <= n -> is_integral m n (fun x => exp ((-1) * (a * power x 2)))
  (sqrt PI / 2 * / sqrt a * (erf (n * power a (1 / 2)) - erf (m * power a (1 / 2)))).
Proof.
  intros a m n Ha H. apply (is_integral_over m n _ (bell_of a)); [exact H | intros x; apply is_derive_bell_of, Ha |].
  rewrite !bell_of_by_erf by exact Ha. ring.
Qed.
Lemma erf_odd : forall x : R, erf ((-1) * x) = - erf x.
Proof. intros x. rewrite !erf_is. replace ((-1) * x) with (- x) by ring. rewrite bell_from_0_odd. ring. Qed.
Lemma erf_0 : erf 0 = 0.
Proof. rewrite erf_is. unfold bell_from_0. rewrite RInt_point. unfold zero; simpl. ring. Qed.

Lemma power_increasing : forall x y c : R, 0 < x -> x < y -> 0 < c -> power x c < power y c.
Proof.
  intros x y c Hx H Hc. rewrite !power_of_positive by lra. apply exp_increasing, Rmult_lt_compat_l; [exact Hc |].
  apply ln_increasing; assumption.
Qed.
Lemma power_of_root : forall d c : R, 0 < d -> 0 < c -> power (power d (/ c)) c = d.
Proof. intros d c Hd Hc. rewrite power_power by exact Hd. replace (/ c * c) with 1 by (field; lra). apply power_1. Qed.
Lemma root_of_power : forall d c : R, 0 < d -> 0 < c -> power (power d c) (/ c) = d.
Proof. intros d c Hd Hc. rewrite power_power by exact Hd. replace (c * / c) with 1 by (field; lra). apply power_1. Qed.
(* b x^c goes from 0 to infinity as x does. *)
Lemma power_near_0 : forall b c : R, 0 < b -> 0 < c -> filterlim (fun x => b * power x c) (at_right 0) (at_right 0).
Proof.
  intros b c Hb Hc P HP. apply near_at_right in HP. destruct HP as [d [Hd HP]]. apply at_right_near.
  assert (0 < d / b) as E by (apply Rdiv_lt_0_compat; lra). exists (power (d / b) (/ c)). split; [apply power_positive, E |].
  intros x [X Y]. rewrite Rplus_0_l in Y. apply HP. split; [apply Rmult_lt_0_compat; [exact Hb | apply power_positive, X] |].
  apply (power_increasing _ _ c X) in Y; [| exact Hc]. rewrite power_of_root in Y by assumption.
  apply (Rmult_lt_compat_l b) in Y; [| exact Hb]. replace (b * (d / b)) with d in Y by (field; lra). lra.
Qed.
Lemma power_at_infinity : forall b c : R, 0 < b -> 0 < c ->
  filterlim (fun x => b * power x c) (Rbar_locally p_infty) (Rbar_locally p_infty).
Proof.
  intros b c Hb Hc P [M H]. set (d := Rmax M 1). pose proof (Rmax_l M 1). pose proof (Rmax_r M 1). fold d in H0, H1.
  assert (0 < d / b) as E by (apply Rdiv_lt_0_compat; lra). exists (power (d / b) (/ c)). intros x Hx. apply H.
  apply (power_increasing _ _ c (power_positive _ (/ c) E)) in Hx; [| exact Hc]. rewrite power_of_root in Hx by assumption.
  apply (Rmult_lt_compat_l b) in Hx; [| exact Hb]. replace (b * (d / b)) with d in Hx by (field; lra). lra.
Qed.

(* Equal products of powers of positive numbers have equal logarithms. *)
Lemma equal_by_logarithms : forall a b : R, 0 < a -> 0 < b -> ln a = ln b -> a = b.
Proof. intros a b. apply ln_inv. Qed.
Lemma ln_of_power : forall a b : R, 0 < a -> ln (power a b) = b * ln a.
Proof. intros a b H. rewrite power_of_positive by exact H. apply ln_exp. Qed.
Ltac positive_product :=
  repeat first [assumption | apply Rmult_lt_0_compat | apply power_positive | apply Rinv_0_lt_compat | apply exp_pos | lra].
Ltac logarithms_of_products :=
  repeat match goal with
  | |- context [ln (exp ?a)] => rewrite (ln_exp a)
  | |- context [ln (?a * ?b)] => rewrite (ln_mult a b) by positive_product
  | |- context [ln (power ?a ?b)] => rewrite (ln_of_power a b) by positive_product
  | |- context [ln (/ ?a)] => rewrite (ln_Rinv a) by positive_product
  end.
Ltac equal_products := apply equal_by_logarithms; [positive_product | positive_product | logarithms_of_products; field; lra].

Lemma Euler_integral : forall (Gamma : R -> R) (p : R), gamma_function Gamma -> 0 < p ->
  is_integral 0 p_infty (fun t => power t (p - 1) * exp (- t)) (Gamma p).
Proof. intros Gamma p [_ H] Hp. apply (H p Hp). Qed.

Lemma generalised_gamma : forall (Gamma : R -> R) (a b c : R), gamma_function Gamma -> 0 < a -> 0 < b -> 0 < c ->
  is_integral 0 p_infty (fun x => power x (a - 1) * exp (- (b * power x c))) (/ (c * power b (a * / c)) * Gamma (a * / c)).
Proof.
  intros Gamma a b c G Ha Hb Hc. assert (0 < a * / c) as Hp by (apply Rmult_lt_0_compat; [exact Ha | apply Rinv_0_lt_compat, Hc]).
  apply (is_integral_ext 0 p_infty (fun x => / (c * power b (a * / c)) *
    (b * (c * power x (c - 1)) * (power (b * power x c) (a * / c - 1) * exp (- (b * power x c)))))).
  - intros x [Hx _]. simpl in Hx. rewrite <- !Rmult_assoc. f_equal. rewrite !Rmult_assoc. equal_products.
  - apply is_integral_scal.
    apply (substitution 0 p_infty 0 p_infty (fun t => power t (a * / c - 1) * exp (- t)) (fun x => b * power x c)
      (fun x => b * (c * power x (c - 1))) (fun y => power (y * / b) (/ c))); try exact I.
    + intros x [Hx _]. simpl in Hx. refine (conj (conj _ I) (conj _ _)).
      * simpl. apply Rmult_lt_0_compat; [exact Hb | apply power_positive, Hx].
      * apply (is_derive_scal (fun x => power x c) x b), is_derive_power, Hx.
      * replace (b * power x c * / b) with (power x c) by (field; lra). apply root_of_power; assumption.
    + apply power_near_0; assumption.
    + apply power_at_infinity; assumption.
    + apply Euler_integral; assumption.
Qed.

(* The integral of exp(a cos t) from 0 to x. *)
Definition wave (a x : R) : R := RInt (fun t => exp (a * cos t)) 0 x.
Lemma wave_continuous : forall a t : R, continuous (fun t => exp (a * cos t)) t.
Proof. intros a t. apply (ex_derive_continuous (V := R_NormedModule)). auto_derive. exact I. Qed.
Lemma is_derive_wave : forall a x : R, is_derive (wave a) x (exp (a * cos x)).
Proof.
  intros a x. apply (is_derive_RInt (fun t => exp (a * cos t)) (wave a) 0 x); [| apply wave_continuous].
  exists (mkposreal 1 Rlt_0_1). intros u _. apply (RInt_correct (V := R_CompleteNormedModule) (fun t => exp (a * cos t)) 0 u).
  apply (ex_RInt_continuous (V := R_CompleteNormedModule)). intros t _. apply wave_continuous.
Qed.
Lemma constant_by_slope : forall H : R -> R, (forall x, is_derive H x 0) -> forall u v : R, H u = H v.
Proof.
  intros H D. assert (forall u v, u <= v -> H v = H u) as flat.
  { intros u v L. apply (flat_is_constant []); [exact L | | intros x _ _; apply D].
    intros x _. apply (ex_derive_continuous (V := R_NormedModule)). eexists. apply D. }
  intros u v. destruct (Rle_dec u v); [symmetry; apply flat; assumption | apply flat; lra].
Qed.
Lemma wave_odd : forall a x : R, wave a (- x) = - wave a x.
Proof.
  intros a x. assert (wave a x + wave a (- x) = wave a 0 + wave a (- 0)) as E.
  { apply (constant_by_slope (fun x => wave a x + wave a (- x))). intros t.
    apply (is_derive_value _ t (plus (exp (a * cos t)) (scal (-1) (exp (a * cos (- t)))))).
    - apply (is_derive_plus (wave a)); [apply is_derive_wave |].
      apply (is_derive_comp (wave a) Ropp); [apply is_derive_wave | auto_derive; [exact I | ring]].
    - rewrite cos_neg. unfold plus, scal; simpl; unfold mult; simpl. ring. }
  rewrite Ropp_0 in E. assert (wave a 0 = 0) as Z by (unfold wave; rewrite RInt_point; reflexivity). lra.
Qed.
Lemma wave_period : forall a x : R, wave a (x + 2 * PI) - wave a x = 2 * wave a PI.
Proof.
  intros a x. assert (wave a (x + 2 * PI) - wave a x = wave a (- PI + 2 * PI) - wave a (- PI)) as E.
  { apply (constant_by_slope (fun x => wave a (x + 2 * PI) - wave a x)). intros t.
    apply (is_derive_value _ t (minus (scal 1 (exp (a * cos (t + 2 * PI)))) (exp (a * cos t)))).
    - apply (is_derive_minus (fun x => wave a (x + 2 * PI)) (wave a)); [| apply is_derive_wave].
      apply (is_derive_comp (wave a) (fun x => x + 2 * PI)); [apply is_derive_wave | auto_derive; [exact I | ring]].
    - rewrite cos_plus, cos_2PI, sin_2PI. unfold minus, plus, opp, scal; simpl; unfold mult; simpl.
      replace (cos t * 1 - sin t * 0) with (cos t) by ring. ring. }
  rewrite E, wave_odd. replace (- PI + 2 * PI) with PI by ring. ring.
Qed.
Lemma Bessel_positive : forall (Bessel : R -> R -> R) (x : R), bessel_function Bessel -> 0 < Bessel 0 x.
Proof. intros Bessel x H. apply (H x). Qed.

(* The coefficients of (1 - x)^(-b), and the differential equation of their series. *)
Definition binomial (Gamma : R -> R) (b : R) (k : nat) : R := Gamma (INR k + b) * / (Gamma b * INR (fact k)).
Lemma binomial_positive : forall (Gamma : R -> R) (b : R) (k : nat), gamma_function Gamma -> 0 < b -> 0 < binomial Gamma b k.
Proof.
  intros Gamma b k G Hb. unfold binomial. pose proof (pos_INR k). pose proof (INR_fact_lt_0 k).
  apply Rmult_lt_0_compat; [apply Gamma_positive; [exact G | lra] |].
  apply Rinv_0_lt_compat, Rmult_lt_0_compat; [apply Gamma_positive; assumption | assumption].
Qed.
Lemma binomial_next : forall (Gamma : R -> R) (b : R) (k : nat), gamma_function Gamma -> 0 < b ->
  INR (S k) * binomial Gamma b (S k) = (INR k + b) * binomial Gamma b k.
Proof.
  intros Gamma b k G Hb. pose proof (pos_INR k). pose proof (INR_fact_lt_0 k). pose proof (Gamma_positive Gamma b G Hb).
  unfold binomial. rewrite fact_simpl, mult_INR, S_INR. replace (INR k + 1 + b) with (INR k + b + 1) by ring.
  destruct G as [_ G]. destruct (G (INR k + b) ltac:(lra)) as [_ [E _]]. rewrite E. field. repeat split; lra.
Qed.
Lemma binomial_radius : forall (Gamma : R -> R) (b : R), gamma_function Gamma -> 0 < b -> CV_radius (binomial Gamma b) = Finite 1.
Proof.
  intros Gamma b G Hb. replace (Finite 1) with (Finite (/ 1)) by (f_equal; field).
  apply CV_radius_finite_DAlembert; [intros n; pose proof (binomial_positive Gamma b n G Hb); lra | exact Rlt_0_1 |].
  apply (is_lim_seq_ext (fun n => 1 + (b - 1) * / INR (S n))).
  - intros n. pose proof (binomial_positive Gamma b n G Hb) as P. pose proof (binomial_positive Gamma b (S n) G Hb).
    pose proof (binomial_next Gamma b n G Hb) as E. pose proof (pos_INR n). rewrite S_INR in *.
    rewrite Rabs_pos_eq by (left; apply Rdiv_lt_0_compat; assumption).
    apply (Rmult_eq_reg_r ((INR n + 1) * binomial Gamma b n)); [| apply Rgt_not_eq, Rmult_lt_0_compat; lra].
    transitivity ((INR n + b) * binomial Gamma b n); [field; lra |]. rewrite <- E. field. lra.
  - replace (Finite 1) with (Rbar_plus (Finite 1) (Rbar_mult (Finite (b - 1)) (Finite 0))) by (simpl; f_equal; ring).
    apply is_lim_seq_plus'; [apply is_lim_seq_const |]. apply (is_lim_seq_scal_l (fun n => / INR (S n)) (b - 1) (Finite 0)).
    apply (is_lim_seq_inv (fun n => INR (S n)) p_infty); [| discriminate].
    apply (is_lim_seq_incr_1 INR), is_lim_seq_INR.
Qed.
Lemma binomial_equation : forall (Gamma : R -> R) (b x : R), gamma_function Gamma -> 0 < b -> Rabs x < 1 ->
  PSeries (PS_derive (binomial Gamma b)) x =
  x * PSeries (PS_derive (binomial Gamma b)) x + b * PSeries (binomial Gamma b) x.
Proof.
  intros Gamma b x G Hb Hx. pose proof (binomial_radius Gamma b G Hb) as C.
  rewrite <- PSeries_incr_1, <- PSeries_scal, <- PSeries_plus.
  - apply PSeries_ext. intros [| n].
    + change (INR 1 * binomial Gamma b 1 = 0 + b * binomial Gamma b 0). rewrite binomial_next by assumption. simpl INR. ring.
    + change (INR (S (S n)) * binomial Gamma b (S (S n)) = INR (S n) * binomial Gamma b (S n) + b * binomial Gamma b (S n)).
      rewrite (binomial_next Gamma b (S n)) by assumption. ring.
  - apply (ex_pseries_incr_1 (V := R_NormedModule)), CV_radius_inside. rewrite CV_radius_derive, C. exact Hx.
  - apply (ex_pseries_scal (V := R_NormedModule)); [apply Rmult_comm |]. apply CV_radius_inside. rewrite C. exact Hx.
Qed.
Lemma binomial_sum : forall (Gamma : R -> R) (b x : R), gamma_function Gamma -> 0 < b -> Rabs x < 1 ->
  PSeries (binomial Gamma b) x = power (1 - x) (- b).
Proof.
  intros Gamma b x G Hb Hx. set (S := PSeries (binomial Gamma b)). set (H := fun t => S t * power (1 - t) b).
  assert (forall t, -1 < t < 1 -> is_derive H t 0) as D.
  { intros t Ht. assert (Rabs t < 1) as At by (apply Rabs_def1; lra).
    assert (is_derive S t (PSeries (PS_derive (binomial Gamma b)) t)) as DS.
    { apply is_derive_PSeries. rewrite binomial_radius by assumption. exact At. }
    assert (is_derive (fun t => power (1 - t) b) t (scal (-1) (b * power (1 - t) (b - 1)))) as DP.
    { apply (is_derive_comp (fun u => power u b) (fun t => 1 - t)); [apply is_derive_power; lra | auto_derive; [exact I | ring]]. }
    apply (is_derive_value _ t _ 0 (is_derive_mult S (fun t => power (1 - t) b) t _ _ DS DP Rmult_comm)).
    pose proof (binomial_equation Gamma b t G Hb At) as E. fold S in E. unfold scal, plus, mult; simpl. unfold mult; simpl.
    replace (power (1 - t) b) with (power (1 - t) (b - 1) * (1 - t)).
    - set (d := PSeries (PS_derive (binomial Gamma b)) t) in *. transitivity (power (1 - t) (b - 1) * (d - (t * d + b * S t))); [ring |].
      rewrite <- E. ring.
    - rewrite <- (power_1 (1 - t)) at 2. rewrite <- power_plus by lra. f_equal. ring. }
  assert (H 0 = 1) as E0.
  { unfold H, S. rewrite PSeries_0. unfold binomial. simpl INR. rewrite Rplus_0_l, Rminus_0_r, power_of_1.
    pose proof (Gamma_positive Gamma b G Hb). field. lra. }
  apply Rabs_def2 in Hx. assert (forall u v, -1 < u -> u <= v -> v < 1 -> H v = H u) as flat.
  { intros u v U L V. apply (flat_is_constant []); [exact L | | intros t Ht _; apply D; lra].
    intros t Ht. apply (ex_derive_continuous (V := R_NormedModule)). eexists. apply D. lra. }
  assert (H x = 1) as E1.
  { rewrite <- E0. destruct (Rle_dec 0 x); [apply flat; lra | symmetry; apply flat; lra]. }
  unfold H in E1. pose proof (power_positive (1 - x) b ltac:(lra)).
  apply (Rmult_eq_reg_r (power (1 - x) b)); [| lra]. rewrite E1, <- power_plus by lra. replace (- b + b) with 0 by ring. symmetry. apply power_0.
Qed.

(* The antiderivatives of x^(-1/2) exp(-(p^2 x + q^2 / x)), with k = p and c = 1, and of x^(-3/2) exp(...), with k = q and c = -1. *)
Definition two_bells (k c p q x : R) : R :=
  / k * (exp (-2 * (p * q)) * bell_from_0 (p * sqrt x + - q * / sqrt x) + c * exp (2 * (p * q)) * bell_from_0 (p * sqrt x + q * / sqrt x)).
Lemma power_minus_half : forall x : R, 0 < x -> power x ((-1) / 2) = / sqrt x.
Proof.
  intros x H. rewrite power_of_positive by exact H. rewrite <- Rpower_sqrt, <- Rpower_Ropp by exact H.
  unfold Rpower. f_equal. f_equal. lra.
Qed.
Lemma power_minus_three_halves : forall x : R, 0 < x -> power x ((-3) / 2) = / (sqrt x * x).
Proof.
  intros x H. replace ((-3) / 2) with ((-1) / 2 + -1) by lra.
  rewrite power_plus, power_minus_half, power_minus_1 by exact H. symmetry. pose proof (sqrt_lt_R0 x H). field. lra.
Qed.
Lemma is_derive_two_bells : forall k c p q x : R, k <> 0 -> 0 < x -> is_derive (two_bells k c p q) x
  (/ k * (p * / (2 * sqrt x) * (1 + c) + q * / (2 * sqrt x * x) * (1 - c)) * exp ((-1) * (p * p * x + q * q * power x (-1)))).
Proof.
  intros k c p q x Hk Hx. pose proof (sqrt_lt_R0 x Hx) as S. pose proof (sqrt_sqrt x (Rlt_le _ _ Hx)) as E.
  rewrite power_minus_1. set (e := exp ((-1) * (p * p * x + q * q * / x))).
  assert (forall r m : R, r * r = q * q -> is_derive (fun x => m * bell_from_0 (p * sqrt x + r * / sqrt x)) x
    (m * ((p * / (2 * sqrt x) - r * / (2 * sqrt x * x)) * (exp (-2 * (p * r)) * e)))) as K.
  { intros r m R. apply (is_derive_scal (fun x => bell_from_0 (p * sqrt x + r * / sqrt x)) x m).
    replace (exp (-2 * (p * r)) * e) with (bell (p * sqrt x + r * / sqrt x)).
    - apply (is_derive_comp bell_from_0 (fun x => p * sqrt x + r * / sqrt x)); [apply is_derive_bell_from_0 |].
      auto_derive; [split; [exact Hx | split; [exact Hx | split; [lra | exact I]]] |].
      set (s := sqrt x) in *. clearbody s. rewrite <- E. field. lra.
    - unfold bell, e. rewrite <- exp_plus. f_equal. set (s := sqrt x) in *. clearbody s. rewrite <- R, <- E. field. lra. }
  pose proof (K (- q) (exp (-2 * (p * q))) ltac:(ring)) as A. pose proof (K q (c * exp (2 * (p * q))) eq_refl) as B.
  pose proof (is_derive_scal _ x (/ k) _ (is_derive_plus _ _ x _ _ A B)) as D.
  assert (exp (-2 * (p * q)) * exp (-2 * (p * - q)) = 1 /\ exp (2 * (p * q)) * exp (-2 * (p * q)) = 1) as [X Y].
  { split; rewrite <- exp_plus, <- exp_0; f_equal; ring. }
  match type of D with is_derive _ _ ?d => replace (/ k * _ * e) with d end; [exact D |].
  unfold plus; simpl.
  transitivity (/ k * (exp (-2 * (p * q)) * exp (-2 * (p * - q)) * ((p * / (2 * sqrt x) - - q * / (2 * sqrt x * x)) * e) +
    c * (exp (2 * (p * q)) * exp (-2 * (p * q))) * ((p * / (2 * sqrt x) - q * / (2 * sqrt x * x)) * e))); [ring |].
  rewrite X, Y. ring.
Qed.

(* Where the arguments go, far away and near 0. *)
Lemma root_above : forall x y : R, 0 <= y -> y * y < x -> y < sqrt x.
Proof. intros x y H L. rewrite <- (sqrt_square y H). apply sqrt_lt_1_alt. split; [nra | exact L]. Qed.
Lemma root_below : forall x y : R, 0 <= x -> 0 <= y -> x < y * y -> sqrt x < y.
Proof. intros x y Hx H L. rewrite <- (sqrt_square y H). apply sqrt_lt_1_alt. split; assumption. Qed.
Lemma argument_far : forall p r : R, 0 < p -> filterlim (fun x => p * sqrt x + r * / sqrt x) (Rbar_locally p_infty) (Rbar_locally p_infty).
Proof.
  intros p r Hp P [M H]. set (y := 1 + (Rabs M + Rabs r) / p). pose proof (Rabs_pos M). pose proof (Rabs_pos r).
  assert (0 <= (Rabs M + Rabs r) / p) as Y by (apply Rmult_le_pos; [lra | left; apply Rinv_0_lt_compat, Hp]).
  exists (y * y). intros x Hx. apply H. pose proof (root_above x y ltac:(unfold y; lra) Hx) as L.
  assert (1 < sqrt x) as one by (unfold y in L; lra).
  assert (p * sqrt x > p + (Rabs M + Rabs r)) as A.
  { apply (Rmult_lt_compat_l p) in L; [| exact Hp]. unfold y in L.
    replace (p * (1 + (Rabs M + Rabs r) / p)) with (p + (Rabs M + Rabs r)) in L by (field; lra). exact L. }
  assert (- Rabs r <= r * / sqrt x) as B.
  { pose proof (Rinv_1_lt_contravar 1 (sqrt x) ltac:(lra) one) as J. rewrite Rinv_1 in J.
    pose proof (Rinv_0_lt_compat (sqrt x) ltac:(lra)). unfold Rabs. destruct (Rcase_abs r); nra. }
  pose proof (Rle_abs M). lra.
Qed.
Lemma argument_near : forall p r : R, 0 <= p -> 0 < r -> filterlim (fun x => p * sqrt x + r * / sqrt x) (just_after 0) (Rbar_locally p_infty).
Proof.
  intros p r Hp Hr P [M H]. apply at_right_near. set (y := r / (Rabs M + 1)). pose proof (Rabs_pos M).
  assert (0 < y) as Y by (apply Rdiv_lt_0_compat; lra). exists (y * y). split; [nra |]. intros x Hx. apply H.
  pose proof (root_below x y ltac:(lra) ltac:(lra) ltac:(lra)) as L. pose proof (sqrt_lt_R0 x ltac:(lra)) as S.
  assert (Rabs M + 1 < r * / sqrt x) as A.
  { apply (Rmult_lt_reg_r (sqrt x)); [exact S |]. replace (r * / sqrt x * sqrt x) with r by (field; lra).
    apply (Rmult_lt_compat_l (Rabs M + 1)) in L; [| lra]. unfold y in L.
    replace ((Rabs M + 1) * (r / (Rabs M + 1))) with r in L by (field; lra). exact L. }
  pose proof (Rle_abs M). nra.
Qed.
Lemma argument_near_below : forall p r : R, 0 <= p -> r < 0 -> filterlim (fun x => p * sqrt x + r * / sqrt x) (just_after 0) (Rbar_locally m_infty).
Proof.
  intros p r Hp Hr P [M H]. apply at_right_near. set (y := - r / (Rabs M + p + 1)). pose proof (Rabs_pos M).
  assert (0 < y) as Y by (apply Rdiv_lt_0_compat; lra). exists (Rmin 1 (y * y)).
  split; [apply Rmin_case; nra |]. intros x Hx. apply H. pose proof (Rmin_l 1 (y * y)). pose proof (Rmin_r 1 (y * y)).
  pose proof (root_below x y ltac:(lra) ltac:(lra) ltac:(lra)) as L. pose proof (sqrt_lt_R0 x ltac:(lra)) as S.
  pose proof (root_below x 1 ltac:(lra) ltac:(lra) ltac:(lra)) as L1.
  assert (Rabs M + p + 1 < - r * / sqrt x) as A.
  { apply (Rmult_lt_reg_r (sqrt x)); [exact S |]. replace (- r * / sqrt x * sqrt x) with (- r) by (field; lra).
    apply (Rmult_lt_compat_l (Rabs M + p + 1)) in L; [| lra]. unfold y in L.
    replace ((Rabs M + p + 1) * (- r / (Rabs M + p + 1))) with (- r) in L by (field; lra). exact L. }
  assert (- M <= Rabs M) by (rewrite <- Rabs_Ropp; apply Rle_abs). nra.
Qed.
Lemma argument_near_0 : forall p : R, filterlim (fun x => p * sqrt x + 0 * / sqrt x) (just_after 0) (locally 0).
Proof.
  intros p. apply (filterlim_ext (fun x => p * sqrt x)); [intros x; ring |].
  pose proof (limit_after (fun x => p * sqrt x) 0 (continuous_scal_r p sqrt 0 (continuous_sqrt 0))) as L.
  cbv beta in L. rewrite sqrt_0, Rmult_0_r in L. exact L.
Qed.
Lemma argument_far_0 : forall r : R, filterlim (fun x => 0 * sqrt x + r * / sqrt x) (Rbar_locally p_infty) (locally 0).
Proof.
  intros r P [d H]. pose proof (cond_pos d) as D. set (y := 1 + Rabs r / d). pose proof (Rabs_pos r).
  assert (0 <= Rabs r / d) as Y by (apply Rmult_le_pos; [lra | left; apply Rinv_0_lt_compat, D]).
  exists (y * y). intros x Hx. apply H. pose proof (root_above x y ltac:(unfold y; lra) Hx) as L.
  assert (0 < sqrt x) as S by (unfold y in L; lra).
  change (Rabs (0 * sqrt x + r * / sqrt x + - 0) < d). replace (0 * sqrt x + r * / sqrt x + - 0) with (r * / sqrt x) by ring.
  rewrite Rabs_mult, (Rabs_pos_eq (/ sqrt x)) by (left; apply Rinv_0_lt_compat, S).
  apply (Rmult_lt_reg_r (sqrt x)); [exact S |]. replace (Rabs r * / sqrt x * sqrt x) with (Rabs r) by (field; lra).
  apply (Rmult_lt_compat_l d) in L; [| exact D]. unfold y in L. replace (d * (1 + Rabs r / d)) with (d + Rabs r) in L by (field; lra). lra.
Qed.
Lemma bell_near_0 : filterlim bell_from_0 (locally 0) (locally 0).
Proof.
  assert (bell_from_0 0 = 0) as Z by (unfold bell_from_0; rewrite RInt_point; reflexivity).
  pose proof (ex_derive_continuous bell_from_0 0 (ex_intro _ _ (is_derive_bell_from_0 0))) as C.
  unfold continuous in C. rewrite Z in C. exact C.
Qed.
Lemma limit_of_two_bells : forall (F : (R -> Prop) -> Prop) (k c p q u v : R), Filter F ->
  filterlim (fun x => bell_from_0 (p * sqrt x + - q * / sqrt x)) F (locally u) ->
  filterlim (fun x => bell_from_0 (p * sqrt x + q * / sqrt x)) F (locally v) ->
  filterlim (two_bells k c p q) F (locally (/ k * (exp (-2 * (p * q)) * u + c * exp (2 * (p * q)) * v))).
Proof.
  intros F k c p q u v HF U V. set (l := exp (-2 * (p * q))). set (g := c * exp (2 * (p * q))).
  apply (filterlim_comp _ _ _ (fun x => l * bell_from_0 (p * sqrt x + - q * / sqrt x) + g * bell_from_0 (p * sqrt x + q * / sqrt x))
    (fun t => / k * t) F (locally (l * u + g * v))); [| apply (filterlim_scal_r (V := R_NormedModule) (/ k) (l * u + g * v))].
  apply (filterlim_comp_2 (G := locally (l * u)) (H := locally (g * v)) (fun x => l * bell_from_0 (p * sqrt x + - q * / sqrt x))
    (fun x => g * bell_from_0 (p * sqrt x + q * / sqrt x)) Rplus); [| | apply (filterlim_plus (V := R_NormedModule) (l * u) (g * v))].
  - apply (filterlim_comp _ _ _ _ (fun t => l * t) F (locally u)); [exact U | apply (filterlim_scal_r (V := R_NormedModule) l u)].
  - apply (filterlim_comp _ _ _ _ (fun t => g * t) F (locally v)); [exact V | apply (filterlim_scal_r (V := R_NormedModule) g v)].
Qed.
Lemma two_bells_far : forall k c p q : R, 0 < p -> filterlim (two_bells k c p q) (just_before p_infty)
  (locally (/ k * (sqrt PI / 2 * (exp (-2 * (p * q)) + c * exp (2 * (p * q)))))).
Proof.
  intros k c p q Hp. replace (sqrt PI / 2 * (exp (-2 * (p * q)) + c * exp (2 * (p * q))))
    with (exp (-2 * (p * q)) * (sqrt PI / 2) + c * exp (2 * (p * q)) * (sqrt PI / 2)) by ring.
  apply limit_of_two_bells; [apply Rbar_locally_filter | |];
    (apply (filterlim_comp _ _ _ _ bell_from_0 _ (Rbar_locally p_infty)); [apply argument_far, Hp | apply limit_of_bell]).
Qed.
Lemma two_bells_near : forall k c p q : R, 0 <= p -> 0 < q -> filterlim (two_bells k c p q) (just_after 0)
  (locally (/ k * (sqrt PI / 2 * (c * exp (2 * (p * q)) - exp (-2 * (p * q)))))).
Proof.
  intros k c p q Hp Hq. replace (sqrt PI / 2 * (c * exp (2 * (p * q)) - exp (-2 * (p * q))))
    with (exp (-2 * (p * q)) * - (sqrt PI / 2) + c * exp (2 * (p * q)) * (sqrt PI / 2)) by ring.
  apply limit_of_two_bells; [apply at_right_proper_filter | |].
  - apply (filterlim_comp _ _ _ (fun x => p * sqrt x + - q * / sqrt x) bell_from_0 _ (Rbar_locally m_infty));
      [apply argument_near_below; lra | apply limit_of_bell_below].
  - apply (filterlim_comp _ _ _ (fun x => p * sqrt x + q * / sqrt x) bell_from_0 _ (Rbar_locally p_infty));
      [apply argument_near; lra | apply limit_of_bell].
Qed.

(* An application that fails must not search the definitions of the derivative, which takes minutes. *)
Global Opaque ex_derive Derive.

(* ------------------------------------------------------------------ the rules *)

(* complement *)
Lemma complement : forall (P : R -> R), (P 0 + P 1 = 1) -> P 0 = 1 + (-1) * P 1.
Proof. intros P H. lra. Qed.

(* split the product by label *)
Lemma split_the_product_by_label : forall (a : R -> R -> R) (m : R) (n : R) (y : R -> R), (forall i, within m n i -> y i = 0 \/ y i = 1) -> Product m n (fun i => a i (y i)) = Product m n (fun i => if Req_EM_T (y i) 1 then a i 1 else 1) * Product m n (fun i => if Req_EM_T (y i) 0 then a i 0 else 1).
Proof.
  intros a m n y H.
  rewrite <- Product_mult.
  apply Product_ext. intros i Hi. destruct (H i Hi) as [-> | ->].
  - destruct (Req_EM_T 0 1), (Req_EM_T 0 0); lra.
  - destruct (Req_EM_T 1 1), (Req_EM_T 1 0); lra.
Qed.

(* label as exponent *)
Lemma label_as_exponent : forall (a : R -> R) (m : R) (n : R) (y : R -> R), (forall i, within m n i -> y i = 0 \/ y i = 1) -> Product m n (fun i => if Req_EM_T (y i) 1 then a i else 1) = Product m n (fun i => power (a i) (y i)).
Proof.
  intros a m n y H. apply Product_ext. intros i Hi. destruct (H i Hi) as [-> | ->].
  - rewrite power_0. destruct (Req_EM_T 0 1); lra.
  - rewrite power_1. destruct (Req_EM_T 1 1); lra.
Qed.

(* 1 minus label as exponent *)
Lemma rule_1_minus_label_as_exponent : forall (a : R -> R) (m : R) (n : R) (y : R -> R), (forall i, within m n i -> y i = 0 \/ y i = 1) -> Product m n (fun i => if Req_EM_T (y i) 0 then a i else 1) = Product m n (fun i => power (a i) (1 + (-1) * y i)).
Proof.
  intros a m n y H. apply Product_ext. intros i Hi. destruct (H i Hi) as [-> | ->].
  - replace (1 + -1 * 0) with 1 by ring. rewrite power_1. destruct (Req_EM_T 0 0); lra.
  - replace (1 + -1 * 1) with 0 by ring. rewrite power_0. destruct (Req_EM_T 1 0); lra.
Qed.

(* minus sign into the sum *)
Lemma minus_sign_into_the_sum : forall (a : R -> R) (m : R) (n : R), (-1) * Sum m n (fun i => a i) = Sum m n (fun i => (-1) * a i).
Proof. intros a m n. symmetry. apply Sum_scal. Qed.

(* sum of terms *)
Lemma sum_of_terms : forall (a : list (R -> R)) (m : R) (n : R), Sum m n (fun i => add_list (map (fun a_1 => a_1 i) a)) = add_list (map (fun a_1 => Sum m n (fun i => a_1 i)) a).
Proof.
  intros a m n. induction a as [| u l IH]; [apply Sum_0 |].
  rewrite (Sum_ext m n _ (fun i => u i + add_list (map (fun a_1 => a_1 i) l))).
  - rewrite Sum_plus, IH. symmetry. apply (add_list_cons (Sum m n (fun i => u i))).
  - intros i _. apply (add_list_cons (u i)).
Qed.

(* constant factor in front of the sum *)
Lemma constant_factor_in_front_of_the_sum : forall (a : R -> R) (c : R) (m : R) (n : R), Sum m n (fun i => c * a i) = c * Sum m n (fun i => a i).
Proof. intros a c m n. apply Sum_scal. Qed.

(* sum of a constant *)
Lemma sum_of_a_constant : forall (c : R) (n : R), (count n) -> Sum 1 n (fun i => c) = n * c.
Proof. intros c n [k ->]. unfold Sum. rewrite terms_count. apply sum_of_constant. Qed.

(* constant factor out of the sum *)
Lemma constant_factor_out_of_the_sum : forall (a : R -> R) (c : R) (m : R) (n : R), Sum m n (fun i => a i * c) = c * Sum m n (fun i => a i).
Proof. intros a c m n. rewrite <- Sum_scal. apply Sum_ext. intros i _. apply Rmult_comm. Qed.

(* merge the products *)
Lemma merge_the_products : forall (a : R -> R) (b : R -> R) (m : R) (n : R), Product m n (fun i => a i) * Product m n (fun i => b i) = Product m n (fun i => a i * b i).
Proof. intros a b m n. symmetry. apply Product_mult. Qed.

(* double negation *)
Lemma double_negation : forall (a : R), (-1) * ((-1) * a) = a.
Proof. intros a. ring. Qed.

(* two equal terms *)
Lemma two_equal_terms : forall (a : R), a + a = 2 * a.
Proof. intros a. ring. Qed.

(* only one term is not zero *)
Lemma only_one_term_is_not_zero : forall (a : R -> R) (k : R) (m : R) (n : R), (within m n k) -> Sum m n (fun i => Kronecker i k * a i) = a k.
Proof.
  intros a k m n H. rewrite (Sum_of_one_term m n k _ H).
  - rewrite Kronecker_same. ring.
  - intros i _ Hi. rewrite (Kronecker_other i k Hi). ring.
Qed.

(* put the factor back into the product *)
Lemma put_the_factor_back_into_the_product : forall (a : R -> R) (c : R) (i : R) (m : R) (n : R), (within m n i) -> (c * a i) * Product m n (fun k => if Req_EM_T k i then 1 else a k) = c * Product m n (fun k => a k).
Proof. intros a c i m n H. rewrite (Product_split m n i (fun k => a k) H). ring. Qed.

(* all other terms are zero *)
Lemma all_other_terms_are_zero : forall (a : R -> R) (k : R) (m : R) (n : R), (within m n k) -> Sum m n (fun i => a i * Kronecker i k) = a k.
Proof.
  intros a k m n H. rewrite (Sum_of_one_term m n k _ H).
  - rewrite Kronecker_same. ring.
  - intros i _ Hi. rewrite (Kronecker_other i k Hi). ring.
Qed.

(* one term as a sum *)
Lemma one_term_as_a_sum : forall (a : R -> R) (k : R) (m : R) (n : R), (within m n k) -> a k = Sum m n (fun i => Kronecker i k * a i).
Proof. intros a k m n H. symmetry. apply only_one_term_is_not_zero, H. Qed.

(* constant factor into the sum *)
Lemma constant_factor_into_the_sum : forall (a : R -> R) (c : R) (m : R) (n : R), c * Sum m n (fun i => a i) = Sum m n (fun i => c * a i).
Proof. intros a c m n. symmetry. apply Sum_scal. Qed.

(* merge the sums *)
Lemma merge_the_sums : forall (a : list (R -> R)) (m : R) (n : R), add_list (map (fun a_1 => Sum m n (fun i => a_1 i)) a) = Sum m n (fun i => add_list (map (fun a_1 => a_1 i) a)).
Proof. intros a m n. symmetry. apply sum_of_terms. Qed.

(* logarithm of a product *)
Lemma logarithm_of_a_product : forall (a : R -> R) (m : R) (n : R), (forall i, within m n i -> 0 < a i) -> ln (Product m n (fun i => a i)) = Sum m n (fun i => ln (a i)).
Proof.
  intros a m n H. unfold Product, Sum.
  assert (forall p, (p < terms m n)%nat -> 0 < a (m + INR p)) as K by (intros p Hp; apply H; exists p; auto).
  revert K. induction (terms m n) as [| k IH]; intros K; simpl; [apply ln_1 |].
  rewrite ln_mult; [rewrite IH; [reflexivity |] | apply product_of_positive |]; auto with arith.
Qed.

(* logarithm of factors *)
Lemma logarithm_of_factors : forall (a : list (R)), (forall a_1, In a_1 a -> 0 < a_1) -> ln (multiply_list (map (fun a_1 => a_1) a)) = add_list (map (fun a_1 => ln a_1) a).
Proof.
  intros a H. rewrite map_id. induction a as [| u l IH]; [apply ln_1 |].
  assert (forall b, In b l -> 0 < b) as K by (intros b Hb; apply H; right; exact Hb).
  rewrite multiply_list_cons, ln_mult, (IH K).
  - symmetry. apply (add_list_cons (ln u)).
  - apply H. left. reflexivity.
  - apply multiply_list_positive, K.
Qed.

(* logarithm of a power *)
Lemma logarithm_of_a_power : forall (a : R) (b : R), (0 < a) -> ln (power a b) = b * ln a.
Proof. intros a b H. rewrite power_of_positive by exact H. apply ln_exp. Qed.

(* logarithm of an inverse *)
Lemma logarithm_of_an_inverse : forall (a : R), (0 < a) -> ln (power a (-1)) = (-1) * ln a.
Proof. intros a H. apply logarithm_of_a_power, H. Qed.

(* logarithm of an exponential *)
Lemma logarithm_of_an_exponential : forall (a : R), ln (exp a) = a.
Proof. exact ln_exp. Qed.

(* exponential of the logarithm *)
Lemma exponential_of_the_logarithm : forall (a : R), (0 < a) -> exp (ln a) = a.
Proof. exact exp_ln. Qed.

(* a positive number is the exponential of its logarithm *)
Lemma a_positive_number_is_the_exponential_of_its_logarithm : forall (a : R), (0 < a) -> a = exp (ln a).
Proof. intros a H. symmetry. apply exp_ln, H. Qed.

(* difference of logarithms *)
Lemma difference_of_logarithms : forall (a : R) (b : R), (0 < a) -> (0 < b) -> ln a + (-1) * ln b = ln (a * power b (-1)).
Proof.
  intros a b Ha Hb. rewrite ln_mult, logarithm_of_a_power; [ring | exact Hb | exact Ha | apply power_positive, Hb].
Qed.

(* exponential of a sum *)
Lemma exponential_of_a_sum : forall (a : R -> R) (m : R) (n : R), exp (Sum m n (fun i => a i)) = Product m n (fun i => exp (a i)).
Proof.
  intros a m n. unfold Sum, Product. induction (terms m n) as [| k IH]; simpl; [apply exp_0 |].
  rewrite exp_plus, IH. reflexivity.
Qed.

(* exponential of terms *)
Lemma exponential_of_terms : forall (a : list (R)), exp (add_list (map (fun a_1 => a_1) a)) = multiply_list (map (fun a_1 => exp a_1) a).
Proof.
  intros a. rewrite map_id. induction a as [| u l IH]; [apply exp_0 |].
  rewrite add_list_cons, exp_plus, IH. symmetry. apply (multiply_list_cons (exp u)).
Qed.

(* definition of the real power *)
Lemma definition_of_the_real_power : forall (a : R) (b : R), (0 < a) -> exp (b * ln a) = power a b.
Proof. intros a b H. symmetry. apply power_of_positive, H. Qed.

(* minus log is strictly decreasing *)
Lemma minus_log_is_strictly_decreasing : forall (T : Type) (D : T -> Prop) (a : T -> R), (forall t, D t -> 0 < a t) -> ordered true D (fun t => a t) (fun t => (-1) * ln (a t)).
Proof.
  intros T D a H t u Ht Hu. specialize (H t Ht) as Pt. specialize (H u Hu) as Pu. split; intros L.
  - apply ln_le in L; [lra | exact Pt].
  - apply Rnot_lt_le. intros K. apply ln_increasing in K; [lra | exact Pu].
Qed.

(* drop a constant term *)
Lemma drop_a_constant_term : forall (T : Type) (D : T -> Prop) (a : T -> R) (c : R), up_to_constant D (fun t => c + a t) (fun t => a t).
Proof. intros T D a c. exists c. reflexivity. Qed.

(* scale by a positive constant *)
Lemma scale_by_a_positive_constant : forall (T : Type) (D : T -> Prop) (a : T -> R) (c : R), (0 < c) -> proportional D (fun t => a t) (fun t => c * a t).
Proof. intros T D a c Hc. exists (/ c). split; [apply Rinv_0_lt_compat, Hc |]. intros t _. field. lra. Qed.

(* drop a positive constant factor *)
Lemma drop_a_positive_constant_factor : forall (T : Type) (D : T -> Prop) (a : T -> R) (c : R), (0 < c) -> proportional D (fun t => c * a t) (fun t => a t).
Proof. intros T D a c Hc. exists c. split; [exact Hc | reflexivity]. Qed.

(* linearity of the derivative *)
Lemma linearity_of_the_derivative : forall (a : R -> R -> R) (m : R) (n : R) (v : R), (forall i, within m n i -> ex_derive (fun v_1 => a i v_1) v) -> Derive (fun v_1 => Sum m n (fun i => a i v_1)) v = Sum m n (fun i => Derive (fun v_1 => a i v_1) v).
Proof.
  intros a m n v H. unfold Sum.
  assert (forall p, (p < terms m n)%nat -> ex_derive (a (m + INR p)) v) as K by (intros p Hp; apply H; exists p; auto).
  clear H. induction (terms m n) as [| k IH]; simpl; [apply Derive_const |].
  rewrite Derive_plus.
  - rewrite IH; auto with arith.
  - apply (ex_derive_sum_of k (fun p => a (m + INR p))). auto with arith.
  - auto with arith.
Qed.

(* derivative of a sum *)
Lemma derivative_of_a_sum : forall (u : list (R -> R)) (v : R), (forall u_1, In u_1 u -> ex_derive (fun v_1 => u_1 v_1) v) -> Derive (fun v_1 => add_list (map (fun u_1 => u_1 v_1) u)) v = add_list (map (fun u_1 => Derive (fun v_1 => u_1 v_1) v) u).
Proof.
  intros u v H. induction u as [| f l IH]; [simpl; apply Derive_const |].
  assert (forall g, In g l -> ex_derive g v) as K by (intros g Hg; apply (H g); right; exact Hg).
  rewrite (Derive_ext _ (fun t => f t + add_list (map (fun u_1 => u_1 t) l))).
  - rewrite Derive_plus, (IH K).
    + symmetry. apply (add_list_cons (Derive f v)).
    + apply (H f). left. reflexivity.
    + apply ex_derive_add_list, K.
  - intros t. apply (add_list_cons (f t)).
Qed.

(* constant factor *)
Lemma constant_factor : forall (c : R) (u : R -> R) (v : R), (ex_derive (fun v_1 => u v_1) v) -> Derive (fun v_1 => c * u v_1) v = c * Derive (fun v_1 => u v_1) v.
Proof. intros c u v _. apply Derive_scal. Qed.

(* derivative of a constant *)
Lemma derivative_of_a_constant : forall (c : R) (v : R), (ex_derive (fun v_1 => v_1) v) -> Derive (fun v_1 => c) v = 0.
Proof. intros c v _. apply Derive_const. Qed.

(* derivative of the exponential *)
Lemma derivative_of_the_exponential : forall (u : R -> R) (v : R), (ex_derive (fun v_1 => u v_1) v) -> Derive (fun v_1 => exp (u v_1)) v = exp (u v) * Derive (fun v_1 => u v_1) v.
Proof. intros u v Hu. apply (Derive_chain exp u), Hu. apply is_derive_exp. Qed.

(* derivative of the absolute value *)
Lemma derivative_of_the_absolute_value : forall (u : R -> R) (v : R), (u v <> 0) -> (ex_derive (fun v_1 => u v_1) v) -> Derive (fun v_1 => Rabs (u v_1)) v = sign (u v) * Derive (fun v_1 => u v_1) v.
Proof. intros u v H Hu. apply is_derive_unique, is_derive_Rabs; [apply Derive_correct, Hu | exact H]. Qed.

(* derivative of the cosine *)
Lemma derivative_of_the_cosine : forall (u : R -> R) (v : R), (ex_derive (fun v_1 => u v_1) v) -> Derive (fun v_1 => cos (u v_1)) v = (-1) * (sin (u v) * Derive (fun v_1 => u v_1) v).
Proof. intros u v Hu. rewrite (Derive_chain cos u v _ (is_derive_cos _) Hu). ring. Qed.

(* derivative of the sine *)
Lemma derivative_of_the_sine : forall (u : R -> R) (v : R), (ex_derive (fun v_1 => u v_1) v) -> Derive (fun v_1 => sin (u v_1)) v = cos (u v) * Derive (fun v_1 => u v_1) v.
Proof. intros u v Hu. apply (Derive_chain sin u v _ (is_derive_sin _) Hu). Qed.

(* derivative of the sign *)
Lemma derivative_of_the_sign : forall (u : R -> R) (v : R), (u v <> 0) -> (ex_derive (fun v_1 => u v_1) v) -> Derive (fun v_1 => sign (u v_1)) v = 0.
Proof. intros u v H Hu. apply is_derive_unique, is_derive_sign; assumption. Qed.

(* derivative of a function by cases *)
Lemma derivative_of_a_function_by_cases : forall (a : R -> R) (b : R -> R) (c : R -> R) (v : R), (c v <> 0) -> (ex_derive (fun v_1 => c v_1) v) -> (ex_derive (fun v_1 => a v_1) v) -> (ex_derive (fun v_1 => b v_1) v) -> Derive (fun v_1 => Where (c v_1) (a v_1) (b v_1)) v = Where (c v) (Derive (fun v_1 => a v_1) v) (Derive (fun v_1 => b v_1) v).
Proof. intros a b c v H Hc Ha Hb. apply is_derive_unique, is_derive_Where; assumption. Qed.

(* derivative of the error function *)
Lemma derivative_of_the_error_function : forall (u : R -> R) (v : R), (ex_derive (fun v_1 => u v_1) v) -> Derive (fun v_1 => erf (u v_1)) v = (2 * power PI ((-1) / 2)) * exp ((-1) * power (u v) 2) * Derive (fun v_1 => u v_1) v.
Proof.
  intros u v Hu. rewrite (Derive_chain erf u v _ (is_derive_erf _) Hu), power_2.
  replace (power PI (-1 / 2)) with (/ sqrt PI).
  - replace (-1 * (u v * u v)) with (- (u v * u v)) by ring. reflexivity.
  - rewrite <- power_half, <- power_minus_1, power_power by apply PI_RGT_0. f_equal. field.
Qed.

(* derivative of the gamma function *)
Lemma derivative_of_the_gamma_function : forall (Gamma : R -> R) (u : R -> R) (v : R), (gamma_function Gamma) -> (0 < u v) -> (ex_derive (fun v_1 => u v_1) v) -> Derive (fun v_1 => Gamma (u v_1)) v = Gamma (u v) * (digamma Gamma (u v) * Derive (fun v_1 => u v_1) v).
Proof.
  intros Gamma u v [_ H] Hv Hu. destruct (H _ Hv) as [positive [_ [HG _]]].
  rewrite (Derive_chain Gamma u v _ (Derive_correct _ _ HG) Hu). unfold digamma. field. lra.
Qed.

(* derivative of the digamma function *)
Lemma derivative_of_the_digamma_function : forall (Gamma : R -> R) (u : R -> R) (v : R), (gamma_function Gamma) -> (0 < u v) -> (ex_derive (fun v_1 => u v_1) v) -> Derive (fun v_1 => digamma Gamma (u v_1)) v = trigamma Gamma (u v) * Derive (fun v_1 => u v_1) v.
Proof. intros Gamma u v G Hv Hu. apply (Derive_chain (digamma Gamma) u v _ (is_derive_digamma Gamma _ G Hv) Hu). Qed.

(* derivative of the softplus *)
Lemma derivative_of_the_softplus : forall (u : R -> R) (v : R), (ex_derive (fun v_1 => u v_1) v) -> Derive (fun v_1 => softplus (u v_1)) v = sigmoid (u v) * Derive (fun v_1 => u v_1) v.
Proof. intros u v Hu. apply (Derive_chain softplus u v _ (is_derive_softplus _) Hu). Qed.

(* derivative of a complement *)
Lemma derivative_of_a_complement : forall (c : R) (u : R -> R) (v : R), (ex_derive (fun v_1 => u v_1) v) -> Derive (fun v_1 => c + (-1) * u v_1) v = (-1) * Derive (fun v_1 => u v_1) v.
Proof.
  intros c u v Hu. rewrite Derive_plus, Derive_const, Derive_scal.
  - apply Rplus_0_l.
  - apply ex_derive_constant.
  - apply ex_derive_mult; [apply ex_derive_constant | exact Hu].
Qed.

(* product rule *)
Lemma product_rule : forall (a : R -> R) (b : R -> R) (v : R), (ex_derive (fun v_1 => a v_1) v) -> (ex_derive (fun v_1 => b v_1) v) -> Derive (fun v_1 => a v_1 * b v_1) v = Derive (fun v_1 => a v_1) v * b v + a v * Derive (fun v_1 => b v_1) v.
Proof. intros a b v Ha Hb. apply Derive_mult; assumption. Qed.

(* product rule under the product *)
Lemma product_rule_under_the_product : forall (a : R -> R -> R) (m : R) (n : R) (v : R), (forall i, within m n i -> ex_derive (fun v_1 => a i v_1) v) -> Derive (fun v_1 => Product m n (fun i => a i v_1)) v = Sum m n (fun i => Derive (fun v_1 => a i v_1) v * Product m n (fun k => if Req_EM_T k i then 1 else a k v)).
Proof.
  intros a m n v H.
  transitivity (sum_of (terms m n) (fun p => Derive (a (m + INR p)) v *
    product_of (terms m n) (fun q => if Nat.eq_dec q p then 1 else a (m + INR q) v))).
  - apply (Derive_product_of _ (fun p => a (m + INR p))). intros p Hp. apply H. exists p; auto.
  - apply sum_of_ext. intros p _. f_equal. apply product_of_ext. intros q _. apply same_choice.
Qed.

(* derivative of the logarithm *)
Lemma derivative_of_the_logarithm : forall (u : R -> R) (v : R), (0 < u v) -> (ex_derive (fun v_1 => u v_1) v) -> Derive (fun v_1 => ln (u v_1)) v = power (u v) (-1) * Derive (fun v_1 => u v_1) v.
Proof. intros u v H Hu. rewrite power_minus_1. apply (Derive_chain ln u v _ (is_derive_ln _ H) Hu). Qed.

(* derivative of a power *)
Lemma derivative_of_a_power : forall (b : R) (u : R -> R) (v : R), (0 < u v) -> (ex_derive (fun v_1 => u v_1) v) -> Derive (fun v_1 => power (u v_1) b) v = b * power (u v) (b + (-1) * 1) * Derive (fun v_1 => u v_1) v.
Proof.
  intros b u v H Hu. rewrite (Derive_chain _ u v _ (is_derive_power _ b H) Hu).
  replace (b + -1 * 1) with (b - 1) by ring. reflexivity.
Qed.

(* power less one *)
Lemma power_less_one : forall (a : R) (b : R), (0 < a) -> power a (b + (-1) * 1) = power a b * power a (-1).
Proof. intros a b H. rewrite power_plus by exact H. replace (-1 * 1) with (-1) by ring. reflexivity. Qed.

(* derivative of the sigmoid *)
Lemma derivative_of_the_sigmoid : forall (v : R) (z : R -> R), (ex_derive (fun v_1 => z v_1) v) -> Derive (fun v_1 => sigmoid (z v_1)) v = sigmoid (z v) * (1 + (-1) * sigmoid (z v)) * Derive (fun v_1 => z v_1) v.
Proof. intros v z Hz. rewrite (Derive_chain sigmoid z v _ (is_derive_sigmoid _) Hz). ring. Qed.

(* derivative of a coordinate *)
Lemma derivative_of_a_coordinate : forall (i : R) (k : R) (w : R -> R), (ex_derive (fun t => (update w k t) i) (w k)) -> Derive (fun t => (update w k t) i) (w k) = Kronecker i k.
Proof.
  intros i k w _. unfold update, Kronecker. destruct (Req_EM_T i k); [apply Derive_id | apply Derive_const].
Qed.

(* derivative of an entry *)
Lemma derivative_of_an_entry : forall (i : R) (j : R) (k : R) (m : R) (w : R -> R -> R), (ex_derive (fun t => (update w k (update (w k) m t)) i j) (w k m)) -> Derive (fun t => (update w k (update (w k) m t)) i j) (w k m) = Kronecker i k * Kronecker j m.
Proof.
  intros i j k m w _. unfold update, Kronecker.
  destruct (Req_EM_T i k); [destruct (Req_EM_T j m) |]; rewrite ?Derive_id, ?Derive_const; ring.
Qed.

(* derivative of a linear term *)
Lemma derivative_of_a_linear_term : forall (c : R) (u : R -> R) (v : R), (ex_derive (fun v_1 => u v_1) v) -> Derive (fun v_1 => u v_1 * c) v = Derive (fun v_1 => u v_1) v * c.
Proof. intros c u v _. apply Derive_scal_l. Qed.

(* derivative of the variable *)
Lemma derivative_of_the_variable : forall (v : R), (ex_derive (fun v_1 => v_1) v) -> Derive (fun v_1 => v_1) v = 1.
Proof. intros v _. apply Derive_id. Qed.

(* derivative of a square *)
Lemma derivative_of_a_square : forall (u : R -> R) (v : R), (ex_derive (fun v_1 => u v_1) v) -> Derive (fun v_1 => power (u v_1) 2) v = 2 * u v * Derive (fun v_1 => u v_1) v.
Proof. intros u v Hu. apply (Derive_chain _ u v _ (is_derive_power_2 _) Hu). Qed.

(* derivative of an inverse *)
Lemma derivative_of_an_inverse : forall (u : R -> R) (v : R), (u v <> 0) -> (ex_derive (fun v_1 => u v_1) v) -> Derive (fun v_1 => power (u v_1) (-1)) v = (-1) * (power (power (u v) 2) (-1) * Derive (fun v_1 => u v_1) v).
Proof.
  intros u v H Hu. rewrite (Derive_chain _ u v _ (is_derive_power_minus_1 _ H) Hu), power_2, power_minus_1. ring.
Qed.

(* definition of the sigmoid *)
Lemma definition_of_the_sigmoid : forall (z : R), sigmoid z = power (1 + exp ((-1) * z)) (-1).
Proof. intros z. rewrite power_minus_1. unfold sigmoid. replace (-1 * z) with (- z) by ring. reflexivity. Qed.

(* complement of the sigmoid *)
Lemma complement_of_the_sigmoid : forall (z : R), 1 + (-1) * sigmoid z = power (1 + exp z) (-1).
Proof.
  intros z. rewrite power_minus_1, <- sigmoid_complement.
  ring.
Qed.

(* by definition of the sigmoid *)
Lemma by_definition_of_the_sigmoid : forall (z : R), power (1 + exp ((-1) * z)) (-1) = sigmoid z.
Proof. intros z. symmetry. apply definition_of_the_sigmoid. Qed.

(* definition of the softplus *)
Lemma definition_of_the_softplus : forall (z : R), softplus z = ln (1 + exp z).
Proof. reflexivity. Qed.

(* logarithm of the sigmoid *)
Lemma logarithm_of_the_sigmoid : forall (z : R), ln (sigmoid z) = z + (-1) * softplus z.
Proof.
  intros z. unfold sigmoid, softplus. pose proof (exp_pos z).
  replace (/ (1 + exp (- z))) with (exp z * / (1 + exp z)).
  - rewrite ln_mult, ln_Rinv, ln_exp by (try apply Rinv_0_lt_compat; lra). ring.
  - rewrite exp_Ropp. field. lra.
Qed.

(* logarithm of 1 minus the sigmoid *)
Lemma logarithm_of_1_minus_the_sigmoid : forall (z : R), ln (1 + (-1) * sigmoid z) = (-1) * softplus z.
Proof. intros z. rewrite complement_of_the_sigmoid. apply logarithm_of_a_power, one_plus_exp_positive. Qed.

(* softplus without overflow *)
Lemma softplus_without_overflow : forall (z : R), softplus z = Rmax z 0 + ln (1 + exp ((-1) * Rabs z)).
Proof.
  intros z. unfold softplus. replace (-1 * Rabs z) with (- Rabs z) by ring. unfold Rmax.
  destruct (Rle_dec z 0) as [H | H].
  - rewrite Rabs_left1, Ropp_involutive by exact H. ring.
  - rewrite Rabs_right by lra. pose proof (exp_pos z). pose proof (exp_pos (- z)).
    replace (1 + exp z) with (exp z * (1 + exp (- z))).
    + rewrite ln_mult, ln_exp by lra. reflexivity.
    + rewrite exp_Ropp. field. lra.
Qed.

(* roots of squares, absolute values and maxima *)
Lemma root_of_a_square : forall (a : R), power (power a 2) (1 / 2) = Rabs a.
Proof.
  intros a. destruct (Req_dec a 0) as [-> | H].
  - rewrite power_2, Rabs_R0, Rmult_0_l. apply power_half_0.
  - replace (power a 2) with (power (Rabs a) 2).
    + rewrite power_power by (apply Rabs_pos_lt, H). replace (2 * (1 / 2)) with 1 by lra. apply power_1.
    + rewrite !power_2, <- Rabs_mult. apply Rabs_right, Rle_ge, Rle_0_sqr.
Qed.
Lemma factor_in_front_of_the_absolute_value : forall (a : R) (c : R), (0 <= c) -> Rabs (c * a) = c * Rabs a.
Proof. intros a c H. rewrite Rabs_mult, (Rabs_right c) by lra. reflexivity. Qed.
Lemma twice_the_positive_part : forall (a : R), a + Rabs a = 2 * Rmax a 0.
Proof. intros a. unfold Rmax. destruct (Rle_dec a 0); [rewrite Rabs_left1 | rewrite Rabs_right]; lra. Qed.
Lemma positive_part_by_the_negative_part : forall (a : R), Rmax a 0 = a + Rmax ((-1) * a) 0.
Proof. intros a. unfold Rmax. destruct (Rle_dec a 0), (Rle_dec (-1 * a) 0); lra. Qed.

(* factorial as gamma function *)
Lemma factorial_as_gamma_function : forall (Gamma : R -> R) (a : R), (gamma_function Gamma) -> (count a) -> factorial a = Gamma (a + 1).
Proof.
  intros Gamma a [base step] [k ->]. unfold factorial. rewrite Int_part_INR, Nat2Z.id.
  induction k as [| k IH]; [simpl; rewrite Rplus_0_l; symmetry; exact base |].
  rewrite S_INR. destruct (step (INR k + 1)) as [_ [next _]]; [pose proof (pos_INR k); lra |].
  rewrite next, <- IH, fact_simpl, mult_INR, S_INR. reflexivity.
Qed.

(* case at hand *)
Lemma case_at_hand : forall (a : R) (b : R) (c : R), (0 <= c) -> Where c a b = a.
Proof. intros a b c H. unfold Where. destruct (Rle_dec 0 c); [reflexivity | contradiction]. Qed.

(* other case *)
Lemma other_case : forall (a : R) (b : R) (c : R), (c < 0) -> Where c a b = b.
Proof. intros a b c H. unfold Where. destruct (Rle_dec 0 c); [lra | reflexivity]. Qed.

(* absolute value of a number that is not negative *)
Lemma absolute_value_of_a_number_that_is_not_negative : forall (a : R), (0 <= a) -> Rabs a = a.
Proof. intros a H. apply Rabs_pos_eq, H. Qed.

(* absolute value of a number that is not positive *)
Lemma absolute_value_of_a_number_that_is_not_positive : forall (a : R), (0 <= (-1) * a) -> Rabs a = (-1) * a.
Proof. intros a H. rewrite Rabs_left1 by lra. ring. Qed.

(* the first is the larger *)
Lemma the_first_is_the_larger : forall (a : R) (b : R), (0 <= a + (-1) * b) -> Rmax a b = a.
Proof. intros a b H. apply Rmax_left. lra. Qed.

(* the second is the larger *)
Lemma the_second_is_the_larger : forall (a : R) (b : R), (0 <= b + (-1) * a) -> Rmax a b = b.
Proof. intros a b H. apply Rmax_right. lra. Qed.

(* maximum by cases *)
Lemma maximum_by_cases : forall (a : R) (b : R), Rmax a b = Where (a + (-1) * b) a b.
Proof.
  intros a b. unfold Where. destruct (Rle_dec 0 (a + -1 * b)); [apply Rmax_left; lra | apply Rmax_right; lra].
Qed.

(* cases *)
Lemma absolute_value_by_cases : forall (a : R), Rabs a = Where a a ((-1) * a).
Proof.
  intros a. unfold Where. destruct (Rle_dec 0 a) as [H | H]; [apply Rabs_pos_eq, H | rewrite Rabs_left by lra; ring].
Qed.
Lemma sum_by_cases : forall (a : R) (b : R) (c : R) (u : R), Where c a b + u = Where c (a + u) (b + u).
Proof. intros a b c u. unfold Where. destruct (Rle_dec 0 c); reflexivity. Qed.
Lemma product_by_cases : forall (a : R) (b : R) (c : R) (u : R), u * Where c a b = Where c (u * a) (u * b).
Proof. intros a b c u. unfold Where. destruct (Rle_dec 0 c); reflexivity. Qed.
Lemma the_same_in_either_case : forall (a : R) (c : R), a = Where c a a.
Proof. intros a c. unfold Where. destruct (Rle_dec 0 c); reflexivity. Qed.

(* maximum by the absolute value *)
Lemma maximum_by_the_absolute_value : forall (a : R) (b : R), Rmax a b = (1 / 2) * (a + b + Rabs (a + (-1) * b)).
Proof.
  intros a b. destruct (Rle_dec a b) as [L | L];
    [rewrite Rmax_right, Rabs_left1 by lra | rewrite Rmax_left, Rabs_pos_eq by lra]; field.
Qed.


(* ------------------------------------------------------------------ forms that keep their digits *)

(* the sigmoid and the softplus *)
Lemma reflection_of_the_sigmoid : forall (z : R), 1 + (-1) * sigmoid z = sigmoid ((-1) * z).
Proof.
  intros z. rewrite complement_of_the_sigmoid, power_minus_1. unfold sigmoid. replace (- (-1 * z)) with z by ring. reflexivity.
Qed.
Lemma by_definition_of_the_softplus : forall (z : R), ln (1 + exp z) = softplus z.
Proof. intros z. reflexivity. Qed.
Lemma sigmoid_times_its_complement : forall (z : R), sigmoid z * (1 + (-1) * sigmoid z) = exp ((-1) * Rabs z) * power (power (1 + exp ((-1) * Rabs z)) 2) (-1).
Proof.
  intros z. rewrite power_minus_1, power_2. replace (-1 * Rabs z) with (- Rabs z) by ring. unfold sigmoid.
  pose proof (exp_pos z) as P. destruct (Rle_dec 0 z) as [H | H].
  - rewrite Rabs_pos_eq by exact H. pose proof (exp_pos (- z)). field. lra.
  - rewrite Rabs_left, Ropp_involutive, exp_Ropp by lra. field. lra.
Qed.
Lemma sigmoid_without_overflow : forall (z : R), sigmoid z = Where z 1 (exp ((-1) * Rabs z)) * power (1 + exp ((-1) * Rabs z)) (-1).
Proof.
  intros z. rewrite power_minus_1. replace (-1 * Rabs z) with (- Rabs z) by ring. unfold Where, sigmoid. destruct (Rle_dec 0 z) as [H | H].
  - rewrite Rabs_pos_eq by exact H. ring.
  - rewrite Rabs_left, Ropp_involutive, exp_Ropp by lra. pose proof (exp_pos z). field. lra.
Qed.
Lemma reflection_of_the_softplus : forall (z : R), softplus z + (-1) * z = softplus ((-1) * z).
Proof.
  intros z. unfold softplus. replace (-1 * z) with (- z) by ring. pose proof (exp_pos z). pose proof (exp_pos (- z)).
  replace (1 + exp z) with (exp z * (1 + exp (- z))) by (rewrite exp_Ropp; field; lra).
  rewrite ln_mult, ln_exp by lra. ring.
Qed.
Lemma share_of_an_exponential : forall (a : R) (c : R), (0 < c) -> exp a * power (c + exp a) (-1) = sigmoid (a + (-1) * ln c).
Proof.
  intros a c H. rewrite power_minus_1. unfold sigmoid. replace (- (a + -1 * ln c)) with (ln c + - a) by ring.
  rewrite exp_plus, exp_Ropp, exp_ln by exact H. pose proof (exp_pos a). field. lra.
Qed.
Lemma share_beside_an_exponential : forall (a : R) (c : R), (0 < c) -> c * power (c + exp a) (-1) = sigmoid (ln c + (-1) * a).
Proof.
  intros a c H. rewrite power_minus_1. unfold sigmoid. replace (- (ln c + -1 * a)) with (a + - ln c) by ring.
  rewrite exp_plus, exp_Ropp, exp_ln by exact H. pose proof (exp_pos a). field. lra.
Qed.

(* logarithms of sums *)
Lemma logarithm_of_two_exponentials : forall (a : R) (b : R), ln (exp a + exp b) = Rmax a b + ln (1 + exp ((-1) * Rabs (a + (-1) * b))).
Proof.
  assert (forall s t : R, s <= t -> ln (exp s + exp t) = t + ln (1 + exp (s - t))) as K.
  { intros s t H. pose proof (exp_pos s). pose proof (exp_pos t). pose proof (exp_pos (s - t)).
    replace (exp s + exp t) with (exp t * (1 + exp (s - t))) by (unfold Rminus; rewrite exp_plus, exp_Ropp; field; lra).
    rewrite ln_mult, ln_exp by lra. reflexivity. }
  intros a b. unfold Rmax. destruct (Rle_dec a b) as [H | H].
  - rewrite (K _ _ H), Rabs_left1 by lra. do 4 f_equal. ring.
  - rewrite Rplus_comm, K, Rabs_pos_eq by lra. do 4 f_equal. ring.
Qed.
Lemma logarithm_of_a_constant_and_an_exponential : forall (a : R) (c : R), (0 < c) -> ln (c + exp a) = ln c + softplus (a + (-1) * ln c).
Proof.
  intros a c H. unfold softplus. rewrite <- ln_mult; [| exact H | apply one_plus_exp_positive].
  replace (a + -1 * ln c) with (a + - ln c) by ring. rewrite exp_plus, exp_Ropp, exp_ln by exact H. f_equal. field. lra.
Qed.
Lemma logarithm_of_1_minus_an_exponential : forall (a : R), (0 < a) -> ln (1 + (-1) * exp ((-1) * a)) = Where (ln 2 + (-1) * a) (ln ((-1) * (exp ((-1) * a) + (-1) * 1))) (ln (1 + (-1) * exp ((-1) * a))).
Proof. intros a _. unfold Where. destruct (Rle_dec 0 (ln 2 + -1 * a)); [f_equal; ring | reflexivity]. Qed.
Lemma logarithm_of_the_gamma_function_by_the_next : forall (Gamma : R -> R) (a : R), (gamma_function Gamma) -> (0 < a) -> ln (Gamma a) = ln (Gamma (a + 1)) + (-1) * ln a.
Proof.
  intros Gamma a [_ step] H. destruct (step a H) as [P [next _]]. rewrite next, ln_mult by assumption. ring.
Qed.
Lemma logarithm_of_1_plus_a_square : forall (u : R), ln (1 + power u 2) = 2 * ln (Rmax (Rabs u) 1) + ln (1 + power (Rmax ((-1) * Rabs u) (-1) * power (Rmax (Rabs u) 1) (-1)) 2).
Proof.
  intros u. rewrite !power_2, power_minus_1. replace (u * u) with (Rabs u * Rabs u) by (rewrite <- Rabs_mult; apply Rabs_right, Rle_ge, Rle_0_sqr).
  generalize (Rabs_pos u). generalize (Rabs u) as r. intros r P. destruct (Rle_dec r 1) as [H | H].
  - rewrite Rmax_right, Rmax_left, ln_1, Rinv_1 by lra. rewrite Rmult_0_r, Rplus_0_l. f_equal. ring.
  - rewrite Rmax_left, Rmax_right by lra. pose proof (Rinv_0_lt_compat r ltac:(lra)).
    replace (2 * ln r) with (ln (r * r)) by (rewrite ln_mult; lra). rewrite <- ln_mult by nra. f_equal. field. lra.
Qed.

(* exponentials *)
Lemma exponential_by_halves : forall (a : R), exp a = exp ((1 / 2) * a) * exp ((1 / 2) * a).
Proof. intros a. rewrite <- exp_plus. f_equal. field. Qed.
Lemma product_of_exponentials : forall (a : R) (b : R), exp a * exp b = exp (a + b).
Proof. intros a b. symmetry. apply exp_plus. Qed.
Lemma difference_of_exponentials : forall (a : R) (b : R), exp a + (-1) * exp b = exp b * (exp (a + (-1) * b) + (-1) * 1).
Proof.
  intros a b. replace (a + -1 * b) with (a + - b) by ring. rewrite exp_plus, exp_Ropp. pose proof (exp_pos b). field. lra.
Qed.

(* other functions *)
Lemma rule_1_minus_the_cosine : forall (a : R), 1 + (-1) * cos a = 2 * power (sin ((1 / 2) * a)) 2.
Proof.
  intros a. rewrite power_2. replace (cos a) with (cos (2 * (1 / 2 * a))) by (f_equal; field). rewrite cos_2a_sin. ring.
Qed.
Lemma reflection_of_the_error_function : forall (a : R), 1 + erf a = 1 + (-1) * erf ((-1) * a).
Proof. intros a. rewrite erf_odd. ring. Qed.

(* constant factor in front of the integral *)
Lemma constant_factor_in_front_of_the_integral : forall (a : R -> R) (c : R) (m : Rbar) (n : Rbar), (c <> 0) -> (integrable m n (fun x => a x)) -> Integral m n (fun x => c * a x) = c * Integral m n (fun x => a x) /\ integrable m n (fun x => c * a x).
Proof. intros a c m n _. apply scaled_integral. Qed.

(* integral of terms *)
Lemma integral_of_terms : forall (a : R -> R) (b : R -> R) (m : Rbar) (n : Rbar), (forall x, between m n x -> 0 <= a x) -> (forall x, between m n x -> 0 <= b x) -> (integrable m n (fun x => a x)) -> (integrable m n (fun x => b x)) -> Integral m n (fun x => a x + b x) = Integral m n (fun x => a x) + Integral m n (fun x => b x) /\ integrable m n (fun x => a x + b x).
Proof. intros a b m n PA PB A B. apply is_integral_of_terms; assumption. Qed.

(* split the line *)
Lemma split_the_line : forall (a : R -> R) (c : R), (integrable m_infty c (fun x => a x)) -> (integrable c p_infty (fun x => a x)) -> Integral m_infty p_infty (fun x => a x) = Integral m_infty c (fun x => a x) + Integral c p_infty (fun x => a x) /\ integrable m_infty p_infty (fun x => a x).
Proof. intros a c. apply joined_integral; exact I. Qed.

(* split the half-line *)
Lemma split_the_half_line : forall (a : R -> R) (c : R) (m : R), (0 <= c + (-1) * m) -> (integrable m c (fun x => a x)) -> (integrable c p_infty (fun x => a x)) -> Integral m p_infty (fun x => a x) = Integral m c (fun x => a x) + Integral c p_infty (fun x => a x) /\ integrable m p_infty (fun x => a x).
Proof. intros a c m H. apply joined_integral; simpl; [lra | exact I]. Qed.

(* split the interval *)
Lemma split_the_interval : forall (a : R -> R) (c : R) (m : R) (n : R), (0 <= c + (-1) * m) -> (0 <= n + (-1) * c) -> (integrable m c (fun x => a x)) -> (integrable c n (fun x => a x)) -> Integral m n (fun x => a x) = Integral m c (fun x => a x) + Integral c n (fun x => a x) /\ integrable m n (fun x => a x).
Proof. intros a c m n H K. apply joined_integral; simpl; lra. Qed.

(* every location has the same total *)
Lemma every_location_has_the_same_total : forall (a : R -> R) (c : R), (integrable m_infty p_infty (fun y => a y)) -> Integral m_infty p_infty (fun x => a (x + (-1) * c)) = Integral m_infty p_infty (fun y => a y) /\ integrable m_infty p_infty (fun x => a (x + (-1) * c)).
Proof.
  intros a c H. apply (same_integral m_infty p_infty _ (fun x => 1 * a (x + (-1) * c))); [intros x _; ring |].
  apply (substituted m_infty p_infty m_infty p_infty a (fun x => x + (-1) * c) (fun _ => 1) (fun y => y + c)); try exact I; try exact H.
  - intros x _. parts; [auto_derive; [exact I | ring] | lra | ring].
  - intros P [M HM]. exists (M + c). intros x Hx. apply HM. lra.
  - intros P [M HM]. exists (M + c). intros x Hx. apply HM. lra.
Qed.

(* reflection *)
Lemma reflection : forall (a : R -> R) (c : R), (integrable ((-1) * c) p_infty (fun y => a ((-1) * y))) -> Integral m_infty c (fun x => a x) = Integral ((-1) * c) p_infty (fun y => a ((-1) * y)) /\ integrable m_infty c (fun x => a x).
Proof.
  intros a c H. apply (same_integral m_infty c _ (fun x => 1 * a ((-1) * ((-1) * x)))); [intros x _; rewrite Rmult_1_l; f_equal; ring |].
  apply (substituted_down m_infty c ((-1) * c) p_infty (fun y => a ((-1) * y)) (fun x => (-1) * x) (fun _ => 1) (fun y => (-1) * y));
    try exact I; try exact H.
  - intros x [_ Hx]. simpl in Hx. parts; [lra | auto_derive; [exact I | ring] | lra | ring].
  - intros P [M HM]. exists (- M). intros x Hx. apply HM. lra.
  - intros P HP. apply near_at_right in HP. destruct HP as [d [Hd HP]]. apply at_left_near. exists d. split; [exact Hd |].
    intros x Hx. apply HP. lra.
Qed.

(* reflection at zero *)
Lemma reflection_at_zero : forall (a : R -> R), (integrable 0 p_infty (fun y => a ((-1) * y))) -> Integral m_infty 0 (fun x => a x) = Integral 0 p_infty (fun y => a ((-1) * y)) /\ integrable m_infty 0 (fun x => a x).
Proof.
  intros a H. pose proof (reflection a 0) as K. replace ((-1) * 0) with 0 in K by ring. exact (K H).
Qed.

(* reflection of the line *)
Lemma reflection_of_the_line : forall (a : R -> R), (integrable m_infty p_infty (fun y => a ((-1) * y))) -> Integral m_infty p_infty (fun x => a x) = Integral m_infty p_infty (fun y => a ((-1) * y)) /\ integrable m_infty p_infty (fun x => a x).
Proof.
  intros a H. apply (same_integral m_infty p_infty _ (fun x => 1 * a ((-1) * ((-1) * x)))); [intros x _; rewrite Rmult_1_l; f_equal; ring |].
  apply (substituted_down m_infty p_infty m_infty p_infty (fun y => a ((-1) * y)) (fun x => (-1) * x) (fun _ => 1) (fun y => (-1) * y));
    try exact I; try exact H.
  - intros x _. parts; [auto_derive; [exact I | ring] | lra | ring].
  - intros P [M HM]. exists (- M). intros x Hx. apply HM. lra.
  - intros P [M HM]. exists (- M). intros x Hx. apply HM. lra.
Qed.

(* every scale has the same total, times the scale *)
Lemma every_scale_has_the_same_total_times_the_scale : forall (a : R -> R) (c : R), (0 < c) -> (integrable 0 p_infty (fun y => a y)) -> Integral 0 p_infty (fun x => a (x * power c (-1))) = c * Integral 0 p_infty (fun y => a y) /\ integrable 0 p_infty (fun x => a (x * power c (-1))).
Proof.
  intros a c Hc H. rewrite power_minus_1. pose proof (Rinv_0_lt_compat c Hc) as P.
  assert (Integral 0 p_infty (fun x => / c * a (x * / c)) = Integral 0 p_infty a /\ integrable 0 p_infty (fun x => / c * a (x * / c))) as [E K].
  { apply (substituted 0 p_infty 0 p_infty a (fun x => x * / c) (fun _ => / c) (fun y => y * c)); try exact I; try exact H.
    - intros x [Hx _]. simpl in Hx. parts; [apply Rmult_lt_0_compat; assumption | auto_derive; [exact I | ring] | exact P | field; lra].
    - apply limit_at_0; [intros x Hx; apply Rmult_lt_0_compat; assumption | | ring].
      apply (continuous_scal_l (fun t => t) (/ c)), continuous_id.
    - intros Q [M HM]. exists (M * c). intros x Hx. apply HM. apply (Rmult_lt_compat_r (/ c)) in Hx; [| exact P].
      replace (M * c * / c) with M in Hx by (field; lra). exact Hx. }
  pose proof (scaled_integral 0 p_infty (fun x => / c * a (x * / c)) c K) as S. rewrite E in S.
  apply (same_integral 0 p_infty _ (fun x => c * (/ c * a (x * / c)))); [intros x _; field; lra | exact S].
Qed.

(* logarithm as the variable *)
Lemma logarithm_as_the_variable : forall (a : R -> R), (integrable m_infty p_infty (fun y => a y)) -> Integral 0 p_infty (fun x => power x (-1) * a (ln x)) = Integral m_infty p_infty (fun y => a y) /\ integrable 0 p_infty (fun x => power x (-1) * a (ln x)).
Proof.
  intros a H. apply (same_integral 0 p_infty _ (fun x => / x * a (ln x))); [intros x _; rewrite power_minus_1; reflexivity |].
  apply (substituted 0 p_infty m_infty p_infty a ln (fun x => / x) exp); try exact I; try exact H.
  - intros x [Hx _]. simpl in Hx. parts; [apply is_derive_ln, Hx | apply Rinv_0_lt_compat, Hx | apply exp_ln, Hx].
  - exact is_lim_ln_0.
  - exact is_lim_ln_p.
Qed.

(* logarithm of one more as the variable *)
Lemma logarithm_of_one_more_as_the_variable : forall (a : R -> R), (integrable m_infty p_infty (fun y => a y)) -> Integral (-1) p_infty (fun x => power (1 + x) (-1) * a (ln (1 + x))) = Integral m_infty p_infty (fun y => a y) /\ integrable (-1) p_infty (fun x => power (1 + x) (-1) * a (ln (1 + x))).
Proof.
  intros a H. apply (same_integral (-1) p_infty _ (fun x => / (1 + x) * a (ln (1 + x)))); [intros x _; rewrite power_minus_1; reflexivity |].
  apply (substituted (-1) p_infty m_infty p_infty a (fun x => ln (1 + x)) (fun x => / (1 + x)) (fun y => exp y - 1)); try exact I; try exact H.
  - intros x [Hx _]. simpl in Hx. parts; [auto_derive; [lra | field; lra] | apply Rinv_0_lt_compat; lra | rewrite exp_ln by lra; ring].
  - apply (filterlim_comp _ _ _ (fun x => 1 + x) ln _ (at_right 0)); [| exact is_lim_ln_0].
    intros P HP. apply near_at_right in HP. destruct HP as [d [Hd HP]]. apply at_right_near. exists d. split; [exact Hd |].
    intros x Hx. apply HP. lra.
  - apply (filterlim_comp _ _ _ (fun x => 1 + x) ln _ (Rbar_locally p_infty)); [| exact is_lim_ln_p].
    intros P [M HM]. exists M. intros x Hx. apply HM. lra.
Qed.

(* logit as the variable *)
Lemma logit_as_the_variable : forall (a : R -> R), (integrable m_infty p_infty (fun y => a y)) -> Integral 0 1 (fun x => power (x * (1 + (-1) * x)) (-1) * a (ln x + (-1) * ln (1 + (-1) * x))) = Integral m_infty p_infty (fun y => a y) /\ integrable 0 1 (fun x => power (x * (1 + (-1) * x)) (-1) * a (ln x + (-1) * ln (1 + (-1) * x))).
Proof.
  intros a H. apply (same_integral 0 1 _ (fun x => / (x * (1 + (-1) * x)) * a (ln x + (-1) * ln (1 + (-1) * x))));
    [intros x _; rewrite power_minus_1; reflexivity |].
  apply (substituted 0 1 m_infty p_infty a (fun x => ln x + (-1) * ln (1 + (-1) * x)) (fun x => / (x * (1 + (-1) * x))) sigmoid);
    try exact I; try exact H; [simpl; lra | | |].
  - intros x [X Y]. simpl in X, Y. parts; [auto_derive; [split; [lra | split; [lra | exact I]] | field; lra] | |].
    + apply Rinv_0_lt_compat, Rmult_lt_0_compat; lra.
    + unfold sigmoid. rewrite Ropp_plus_distr, exp_plus, exp_Ropp, exp_ln by lra.
      replace (- (-1 * ln (1 + -1 * x))) with (ln (1 + -1 * x)) by ring. rewrite exp_ln by lra. field. lra.
  - intros P [M HM]. apply at_right_near. exists (Rmin (1 / 2) (exp (M - ln 2))).
    pose proof (exp_pos (M - ln 2)) as E. split; [apply Rmin_pos; lra |]. intros x Hx. apply HM.
    pose proof (Rmin_l (1 / 2) (exp (M - ln 2))). pose proof (Rmin_r (1 / 2) (exp (M - ln 2))).
    assert (ln x < M - ln 2) by (rewrite <- (ln_exp (M - ln 2)); apply ln_increasing; lra).
    assert (- ln 2 < ln (1 + -1 * x)) by (rewrite <- ln_Rinv by lra; apply ln_increasing; lra). lra.
  - intros P [M HM]. apply at_left_near. exists (Rmin (1 / 2) (exp (- M - ln 2))).
    pose proof (exp_pos (- M - ln 2)) as E. split; [apply Rmin_pos; lra |]. intros x Hx. apply HM.
    pose proof (Rmin_l (1 / 2) (exp (- M - ln 2))). pose proof (Rmin_r (1 / 2) (exp (- M - ln 2))).
    assert (ln (1 + -1 * x) < - M - ln 2) by (rewrite <- (ln_exp (- M - ln 2)); apply ln_increasing; lra).
    assert (- ln 2 < ln x) by (rewrite <- ln_Rinv by lra; apply ln_increasing; lra). lra.
Qed.

(* integral of an exponential *)
Lemma integral_of_an_exponential : forall (a : R) (c : R), (0 < a) -> Integral c p_infty (fun x => exp ((-1) * (a * x))) = exp ((-1) * (a * c)) * power a (-1) /\ integrable c p_infty (fun x => exp ((-1) * (a * x))).
Proof.
  intros a c Ha. rewrite power_minus_1. apply integral_of_nonnegative; [intros x _; left; apply exp_pos |].
  apply (is_integral_by c p_infty _ (fun x => (- / a) * exp ((-1) * (a * x))) ((- / a) * exp ((-1) * (a * c))) ((- / a) * 0)); [exact I | | | | ring].
  - intros x _. auto_derive; [exact I | field; lra].
  - apply (limit_after (fun x => (- / a) * exp ((-1) * (a * x)))). apply (ex_derive_continuous (V := R_NormedModule)). auto_derive. exact I.
  - apply (filterlim_comp _ _ _ (fun x => exp ((-1) * (a * x))) (fun t => (- / a) * t) _ (locally 0)); [apply exp_falls_to_0, Ha |].
    apply (filterlim_scal_r (V := R_NormedModule) (- / a) 0).
Qed.

(* integral of an exponential up to a bound *)
Lemma integral_of_an_exponential_up_to_a_bound : forall (a : R) (m : R) (n : R), (a <> 0) -> (0 <= n + (-1) * m) -> Integral m n (fun x => exp ((-1) * (a * x))) = (exp ((-1) * (a * m)) + (-1) * exp ((-1) * (a * n))) * power a (-1) /\ integrable m n (fun x => exp ((-1) * (a * x))).
Proof.
  intros a m n Ha H. rewrite power_minus_1. apply integral_of_nonnegative; [intros x _; left; apply exp_pos |].
  apply (is_integral_over m n _ (fun x => (- / a) * exp ((-1) * (a * x)))); [lra | | ring].
  intros x. auto_derive; [exact I | field; lra].
Qed.

(* integral of a constant *)
Lemma integral_of_a_constant : forall (c : R) (m : R) (n : R), (0 <= n + (-1) * m) -> Integral m n (fun x => c) = c * (n + (-1) * m) /\ integrable m n (fun x => c).
Proof.
  assert (forall c m n : R, 0 <= n + (-1) * m -> is_integral m n (fun _ => c) (c * (n + (-1) * m))) as K.
  { intros c m n H. destruct (Rle_lt_or_eq_dec m n) as [L | <-]; [lra | | right; split; [simpl; lra | ring]].
    apply (is_integral_by m n _ (fun x => c * x) (c * m) (c * n)); [exact L | | | | ring].
    - intros x _. auto_derive; [exact I | ring].
    - apply (limit_after (fun x => c * x)), (ex_derive_continuous (V := R_NormedModule)). auto_derive. exact I.
    - apply (limit_before (fun x => c * x)), (ex_derive_continuous (V := R_NormedModule)). auto_derive. exact I. }
  intros c m n H. apply (integral_and_absolute m n _ _ (Rabs c * (n + (-1) * m))); apply K, H.
Qed.

(* constant factor in front of the series *)
Lemma constant_factor_in_front_of_the_series : forall (a : R -> R) (c : R) (m : R), (c <> 0) -> (summable m (fun k => a k)) -> Sum_from m (fun k => c * a k) = c * Sum_from m (fun k => a k) /\ summable m (fun k => c * a k).
Proof.
  intros a c m _ H. split; [apply Series_scal_l |].
  apply (ex_series_ext (fun p => Rabs c * Rabs (a (m + INR p)))); [intros p; symmetry; apply Rabs_mult |].
  apply (ex_series_scal (V := R_NormedModule) (Rabs c)). exact H.
Qed.

(* exponential series *)
Lemma exponential_series : forall (a : R), Sum_from 0 (fun k => power a k * power (factorial k) (-1)) = exp a /\ summable 0 (fun k => power a k * power (factorial k) (-1)).
Proof.
  assert (forall a, is_series (fun p : nat => a ^ p * / INR (fact p)) (exp a)) as E.
  { intros a. apply (is_series_ext (fun p => scal (pow_n a p) (/ INR (fact p)))); [| apply is_exp_Reals].
    intros p. rewrite pow_n_pow. reflexivity. }
  assert (forall (a : R) (p : nat), power a (0 + INR p) * power (factorial (0 + INR p)) (-1) = a ^ p * / INR (fact p)) as S.
  { intros a p. rewrite Rplus_0_l, power_count, power_minus_1, factorial_count_is. reflexivity. }
  intros a. split.
  - apply is_series_unique, (is_series_ext _ _ _ (fun p => eq_sym (S a p))), E.
  - exists (exp (Rabs a)). apply (is_series_ext (fun p : nat => Rabs a ^ p * / INR (fact p))); [| apply E].
    intros p. rewrite (S a), Rabs_mult, RPow_abs. f_equal. symmetry. apply Rabs_pos_eq. left. apply Rinv_0_lt_compat, INR_fact_lt_0.
Qed.

(* geometric series *)
Lemma geometric_series : forall (a : R), ((-1) < a /\ a < 1) -> Sum_from 0 (fun k => power a k) = power (1 + (-1) * a) (-1) /\ summable 0 (fun k => power a k).
Proof.
  intros a H. assert (Rabs a < 1) as K by (apply Rabs_def1; lra).
  assert (forall p : nat, power a (0 + INR p) = a ^ p) as S by (intros p; rewrite Rplus_0_l; apply power_count).
  split.
  - rewrite power_minus_1. replace (1 + -1 * a) with (1 - a) by ring.
    apply is_series_unique, (is_series_ext _ _ _ (fun p => eq_sym (S p))), is_series_geom, K.
  - exists (/ (1 - Rabs a)). apply (is_series_ext (fun p : nat => Rabs a ^ p)); [intros p; rewrite S; apply RPow_abs |].
    apply is_series_geom. rewrite Rabs_Rabsolu. exact K.
Qed.

(* Gaussian integral *)
Lemma Gaussian_integral : forall (a : R), (0 < a) -> Integral m_infty p_infty (fun x => exp ((-1) * (a * power x 2))) = power (PI * power a (-1)) (1 / 2) /\ integrable m_infty p_infty (fun x => exp ((-1) * (a * power x 2))).
Proof.
  intros a Ha. apply integral_of_nonnegative; [intros x _; left; apply exp_pos |]. rewrite half_of_gaussian by exact Ha.
  pose proof (sqrt_lt_R0 a Ha). apply (is_integral_by m_infty p_infty _ (bell_of a) (- (sqrt PI / 2) * / sqrt a) (sqrt PI / 2 * / sqrt a)).
  - exact I.
  - intros x _. apply is_derive_bell_of, Ha.
  - apply limit_of_bell_of_below, Ha.
  - apply limit_of_bell_of, Ha.
  - field. lra.
Qed.

(* Gaussian integral up to a bound *)
Lemma Gaussian_integral_up_to_a_bound : forall (a : R) (c : R), (0 < a) -> (0 <= c) -> Integral ((-1) * c) c (fun x => exp ((-1) * (a * power x 2))) = power (PI * power a (-1)) (1 / 2) * erf (c * power a (1 / 2)) /\ integrable ((-1) * c) c (fun x => exp ((-1) * (a * power x 2))).
Proof.
  intros a c Ha Hc. apply integral_of_nonnegative; [intros x _; left; apply exp_pos |]. rewrite half_of_gaussian by exact Ha.
  pose proof (sqrt_lt_R0 a Ha). pose proof (gaussian_between a ((-1) * c) c Ha ltac:(lra)) as K.
  replace ((-1) * c * power a (1 / 2)) with ((-1) * (c * power a (1 / 2))) in K by ring. rewrite erf_odd in K. replace (sqrt PI / sqrt a * erf (c * power a (1 / 2)))
    with (sqrt PI / 2 * / sqrt a * (erf (c * power a (1 / 2)) - - erf (c * power a (1 / 2)))) by (field; lra). exact K.
Qed.

(* Gaussian tail *)
Lemma Gaussian_tail : forall (a : R) (c : R), (0 < a) -> Integral c p_infty (fun x => exp ((-1) * (a * power x 2))) = ((1 / 2) * power (PI * power a (-1)) (1 / 2)) * (1 + (-1) * erf (c * power a (1 / 2))) /\ integrable c p_infty (fun x => exp ((-1) * (a * power x 2))).
Proof.
  intros a c Ha. apply integral_of_nonnegative; [intros x _; left; apply exp_pos |]. rewrite half_of_gaussian by exact Ha.
  pose proof (sqrt_lt_R0 a Ha). apply (is_integral_by c p_infty _ (bell_of a) (bell_of a c) (sqrt PI / 2 * / sqrt a)).
  - exact I.
  - intros x _. apply is_derive_bell_of, Ha.
  - apply limit_after, bell_of_continuous, Ha.
  - apply limit_of_bell_of, Ha.
  - rewrite bell_of_by_erf by exact Ha. field. lra.
Qed.

(* Gaussian integral from zero to a bound *)
Lemma Gaussian_integral_from_zero_to_a_bound : forall (a : R) (c : R), (0 < a) -> (0 <= c) -> Integral 0 c (fun x => exp ((-1) * (a * power x 2))) = ((1 / 2) * power (PI * power a (-1)) (1 / 2)) * erf (c * power a (1 / 2)) /\ integrable 0 c (fun x => exp ((-1) * (a * power x 2))).
Proof.
  intros a c Ha Hc. apply integral_of_nonnegative; [intros x _; left; apply exp_pos |]. rewrite half_of_gaussian by exact Ha.
  pose proof (sqrt_lt_R0 a Ha). pose proof (gaussian_between a 0 c Ha Hc) as K.
  rewrite Rmult_0_l, erf_0 in K. replace ((1 / 2) * (sqrt PI / sqrt a) * erf (c * power a (1 / 2)))
    with (sqrt PI / 2 * / sqrt a * (erf (c * power a (1 / 2)) - 0)) by (field; lra). exact K.
Qed.

(* Gaussian integral between two bounds *)
Lemma Gaussian_integral_between_two_bounds : forall (a : R) (m : R) (n : R), (0 < a) -> (0 <= n + (-1) * m) -> Integral m n (fun x => exp ((-1) * (a * power x 2))) = ((1 / 2) * power (PI * power a (-1)) (1 / 2)) * (erf (n * power a (1 / 2)) + (-1) * erf (m * power a (1 / 2))) /\ integrable m n (fun x => exp ((-1) * (a * power x 2))).
Proof.
  intros a m n Ha H. apply integral_of_nonnegative; [intros x _; left; apply exp_pos |]. rewrite half_of_gaussian by exact Ha.
  pose proof (sqrt_lt_R0 a Ha). pose proof (gaussian_between a m n Ha ltac:(lra)) as K.
  replace ((1 / 2) * (sqrt PI / sqrt a) * (erf (n * power a (1 / 2)) + (-1) * erf (m * power a (1 / 2))))
    with (sqrt PI / 2 * / sqrt a * (erf (n * power a (1 / 2)) - erf (m * power a (1 / 2)))) by (field; lra). exact K.
Qed.

(* integral of the reciprocal inverse Gaussian density *)
Lemma integral_of_the_reciprocal_inverse_Gaussian_density : forall (a : R) (b : R), (0 < a) -> (0 <= b) -> Integral 0 p_infty (fun x => power x ((-1) / 2) * exp ((-1) * (a * x + b * power x (-1)))) = power (PI * power a (-1)) (1 / 2) * exp ((-1) * (2 * power (a * b) (1 / 2))) /\ integrable 0 p_infty (fun x => power x ((-1) / 2) * exp ((-1) * (a * x + b * power x (-1)))).
Proof.
  intros a b Ha Hb. pose proof (sqrt_lt_R0 a Ha) as Hp. pose proof (sqrt_pos b) as Hq.
  apply integral_of_nonnegative.
  { intros x [Hx _]. left. apply Rmult_lt_0_compat; [apply power_positive, Hx | apply exp_pos]. }
  rewrite half_of_gaussian, power_half_of_product by lra.
  apply (is_integral_by 0 p_infty _ (two_bells (sqrt a) 1 (sqrt a) (sqrt b))
    (/ sqrt a * (sqrt PI / 2 * (1 * exp (2 * (sqrt a * sqrt b)) - exp (-2 * (sqrt a * sqrt b)))))
    (/ sqrt a * (sqrt PI / 2 * (exp (-2 * (sqrt a * sqrt b)) + 1 * exp (2 * (sqrt a * sqrt b)))))).
  - exact I.
  - intros x [Hx _]. simpl in Hx. pose proof (sqrt_lt_R0 x Hx). rewrite power_minus_half by exact Hx.
    pose proof (is_derive_two_bells (sqrt a) 1 (sqrt a) (sqrt b) x ltac:(lra) Hx) as D. rewrite !sqrt_sqrt in D by lra.
    replace (/ sqrt x) with (/ sqrt a * (sqrt a * / (2 * sqrt x) * (1 + 1) + sqrt b * / (2 * sqrt x * x) * (1 - 1))) by (field; lra). exact D.
  - destruct Hq as [Hq | Hq]; [apply two_bells_near; [lra | exact Hq] |].
    replace (/ sqrt a * (sqrt PI / 2 * (1 * exp (2 * (sqrt a * sqrt b)) - exp (-2 * (sqrt a * sqrt b)))))
      with (/ sqrt a * (exp (-2 * (sqrt a * sqrt b)) * 0 + 1 * exp (2 * (sqrt a * sqrt b)) * 0)) by (rewrite <- Hq, !Rmult_0_r; ring).
    apply limit_of_two_bells; [apply at_right_proper_filter | |]; rewrite <- Hq, ?Ropp_0;
      (apply (filterlim_comp _ _ _ _ bell_from_0 _ (locally 0)); [apply argument_near_0 | apply bell_near_0]).
  - apply two_bells_far, Hp.
  - replace ((-1) * (2 * (sqrt a * sqrt b))) with (-2 * (sqrt a * sqrt b)) by ring. field. lra.
Qed.

(* integral of the inverse Gaussian density *)
Lemma integral_of_the_inverse_Gaussian_density : forall (a : R) (b : R), (0 <= a) -> (0 < b) -> Integral 0 p_infty (fun x => power x ((-3) / 2) * exp ((-1) * (a * x + b * power x (-1)))) = power (PI * power b (-1)) (1 / 2) * exp ((-1) * (2 * power (a * b) (1 / 2))) /\ integrable 0 p_infty (fun x => power x ((-3) / 2) * exp ((-1) * (a * x + b * power x (-1)))).
Proof.
  intros a b Ha Hb. pose proof (sqrt_lt_R0 b Hb) as Hq. pose proof (sqrt_pos a) as Hp.
  apply integral_of_nonnegative.
  { intros x [Hx _]. left. apply Rmult_lt_0_compat; [apply power_positive, Hx | apply exp_pos]. }
  rewrite half_of_gaussian, power_half_of_product by lra.
  apply (is_integral_by 0 p_infty _ (two_bells (sqrt b) (-1) (sqrt a) (sqrt b))
    (/ sqrt b * (sqrt PI / 2 * ((-1) * exp (2 * (sqrt a * sqrt b)) - exp (-2 * (sqrt a * sqrt b)))))
    (/ sqrt b * (sqrt PI / 2 * (exp (-2 * (sqrt a * sqrt b)) + (-1) * exp (2 * (sqrt a * sqrt b)))))).
  - exact I.
  - intros x [Hx _]. simpl in Hx. pose proof (sqrt_lt_R0 x Hx). rewrite power_minus_three_halves by exact Hx.
    pose proof (is_derive_two_bells (sqrt b) (-1) (sqrt a) (sqrt b) x ltac:(lra) Hx) as D. rewrite !sqrt_sqrt in D by lra.
    replace (/ (sqrt x * x)) with (/ sqrt b * (sqrt a * / (2 * sqrt x) * (1 + -1) + sqrt b * / (2 * sqrt x * x) * (1 - -1))) by (field; lra).
    exact D.
  - apply two_bells_near; [exact Hp | exact Hq].
  - destruct Hp as [Hp | Hp]; [apply two_bells_far, Hp |].
    replace (/ sqrt b * (sqrt PI / 2 * (exp (-2 * (sqrt a * sqrt b)) + (-1) * exp (2 * (sqrt a * sqrt b)))))
      with (/ sqrt b * (exp (-2 * (sqrt a * sqrt b)) * 0 + (-1) * exp (2 * (sqrt a * sqrt b)) * 0))
      by (rewrite <- Hp, !Rmult_0_l, !Rmult_0_r, exp_0; ring).
    apply limit_of_two_bells; [apply Rbar_locally_filter | |]; rewrite <- Hp;
      (apply (filterlim_comp _ _ _ _ bell_from_0 _ (locally 0)); [apply argument_far_0 | apply bell_near_0]).
  - replace ((-1) * (2 * (sqrt a * sqrt b))) with (-2 * (sqrt a * sqrt b)) by ring. field. lra.
Qed.

(* gamma function at 1 *)
Lemma gamma_function_at_1 : forall (Gamma : R -> R), (gamma_function Gamma) -> Gamma 1 = 1.
Proof. intros Gamma [H _]. exact H. Qed.

(* gamma function at 1/2 *)
Lemma gamma_function_at_1_2 : forall (Gamma : R -> R), (gamma_function Gamma) -> Gamma (1 / 2) = power PI (1 / 2).
Proof.
  intros Gamma G. rewrite power_half by apply PI_RGT_0.
  assert (is_integral 0 p_infty (fun x => exp ((-1) * (1 * power x 2))) (sqrt PI / 2)) as K.
  { apply (is_integral_by 0 p_infty _ (bell_of 1) (bell_of 1 0) (sqrt PI / 2 * / sqrt 1)); [exact I | | | |].
    - intros x _. apply is_derive_bell_of, Rlt_0_1.
    - apply limit_after, bell_of_continuous, Rlt_0_1.
    - apply limit_of_bell_of, Rlt_0_1.
    - rewrite bell_of_by_erf, Rmult_0_l, erf_0, sqrt_1 by exact Rlt_0_1. lra. }
  apply (is_integral_unique 0 p_infty (fun t => power t (1 / 2 - 1) * exp (- t))); [apply Euler_integral; [exact G | lra] |].
  replace (sqrt PI) with (2 * (sqrt PI / 2)) by lra.
  apply (is_integral_ext 0 p_infty (fun t => 2 * (/ 2 * power t (/ 2 - 1) * exp ((-1) * (1 * power (1 * power t (/ 2)) 2))))).
  - intros t [Ht _]. simpl in Ht. rewrite Rmult_1_l, Rmult_1_l, power_2, <- power_plus by exact Ht.
    replace (/ 2 + / 2) with 1 by lra. rewrite power_1. replace (1 / 2 - 1) with (/ 2 - 1) by lra.
    replace (-1 * t) with (- t) by ring. field.
  - apply is_integral_scal.
    apply (substitution 0 p_infty 0 p_infty (fun x => exp ((-1) * (1 * power x 2))) (fun t => 1 * power t (/ 2))
      (fun t => / 2 * power t (/ 2 - 1)) (fun y => power y 2)); try exact I; [| | | exact K].
    + intros t [Ht _]. simpl in Ht. refine (conj (conj _ I) (conj _ _)).
      * simpl. rewrite Rmult_1_l. apply power_positive, Ht.
      * apply (is_derive_ext (fun t => power t (/ 2))); [intros u; symmetry; apply Rmult_1_l |]. apply is_derive_power, Ht.
      * rewrite Rmult_1_l, power_power by exact Ht. replace (/ 2 * 2) with 1 by lra. apply power_1.
    + apply power_near_0; lra.
    + apply power_at_infinity; lra.
Qed.

(* recurrence of the gamma function *)
Lemma recurrence_of_the_gamma_function : forall (Gamma : R -> R) (a : R), (gamma_function Gamma) -> (0 < a) -> Gamma (a + 1) = a * Gamma a.
Proof. intros Gamma a [_ H] Ha. apply (H a Ha). Qed.

(* Euler's integral for the gamma function *)
Lemma Euler_s_integral_for_the_gamma_function : forall (Gamma : R -> R) (a : R) (b : R), (gamma_function Gamma) -> (0 < a) -> (0 < b) -> Integral 0 p_infty (fun x => power x (a + (-1) * 1) * exp ((-1) * (b * x))) = Gamma a * power b ((-1) * a) /\ integrable 0 p_infty (fun x => power x (a + (-1) * 1) * exp ((-1) * (b * x))).
Proof.
  intros Gamma a b G Ha Hb. apply integral_of_nonnegative.
  { intros x [Hx _]. left. apply Rmult_lt_0_compat; [apply power_positive, Hx | apply exp_pos]. }
  pose proof (generalised_gamma Gamma a b 1 G Ha Hb Rlt_0_1) as K. rewrite Rinv_1, Rmult_1_r, Rmult_1_l in K.
  replace (Gamma a * power b (-1 * a)) with (/ power b a * Gamma a).
  - revert K. apply is_integral_ext. intros x [Hx _]. rewrite power_1. f_equal; f_equal; ring.
  - rewrite Rmult_comm. f_equal. equal_products.
Qed.

(* integral of the generalised gamma density *)
Lemma integral_of_the_generalised_gamma_density : forall (Gamma : R -> R) (a : R) (b : R) (c : R), (gamma_function Gamma) -> (0 < a) -> (0 < b) -> (0 < c) -> Integral 0 p_infty (fun x => power x (a + (-1) * 1) * exp ((-1) * (b * power x c))) = Gamma (a * power c (-1)) * power (c * power b (a * power c (-1))) (-1) /\ integrable 0 p_infty (fun x => power x (a + (-1) * 1) * exp ((-1) * (b * power x c))).
Proof.
  intros Gamma a b c G Ha Hb Hc. rewrite !power_minus_1, (Rmult_comm (Gamma _)). apply integral_of_nonnegative.
  { intros x [Hx _]. left. apply Rmult_lt_0_compat; [apply power_positive, Hx | apply exp_pos]. }
  generalize (generalised_gamma Gamma a b c G Ha Hb Hc). apply is_integral_ext. intros x _. f_equal; f_equal; ring.
Qed.

(* integral of Gumbel's density *)
Lemma integral_of_Gumbel_s_density : forall (Gamma : R -> R) (a : R) (b : R) (c : R), (gamma_function Gamma) -> (0 < a) -> (0 < b) -> (0 < c) -> Integral m_infty p_infty (fun x => exp ((-1) * (a * x)) * exp ((-1) * (b * exp ((-1) * (c * x))))) = Gamma (a * power c (-1)) * power (c * power b (a * power c (-1))) (-1) /\ integrable m_infty p_infty (fun x => exp ((-1) * (a * x)) * exp ((-1) * (b * exp ((-1) * (c * x))))).
Proof.
  intros Gamma a b c G Ha Hb Hc. rewrite !power_minus_1, (Rmult_comm (Gamma _)).
  apply integral_of_nonnegative; [intros x _; left; apply Rmult_lt_0_compat; apply exp_pos |].
  assert (0 < a * / c) as Hp by (apply Rmult_lt_0_compat; [exact Ha | apply Rinv_0_lt_compat, Hc]).
  apply (is_integral_ext m_infty p_infty (fun x => / (c * power b (a * / c)) *
    (b * (c * exp ((-1) * (c * x))) * (power (b * exp ((-1) * (c * x))) (a * / c - 1) * exp (- (b * exp ((-1) * (c * x)))))))).
  - intros x _. replace (-1 * (b * exp (-1 * (c * x)))) with (- (b * exp (-1 * (c * x)))) by ring.
    set (w := exp (- (b * exp (-1 * (c * x))))). set (e := exp (-1 * (c * x))).
    transitivity (/ (c * power b (a * / c)) * (b * (c * e) * power (b * e) (a * / c - 1)) * w); [ring | f_equal].
    unfold e. equal_products.
  - apply is_integral_scal.
    apply (substitution_down m_infty p_infty 0 p_infty (fun t => power t (a * / c - 1) * exp (- t)) (fun x => b * exp ((-1) * (c * x)))
      (fun x => b * (c * exp ((-1) * (c * x)))) (fun y => - (ln (y * / b) * / c))); try exact I.
    + intros x _. refine (conj (conj _ I) (conj _ _)).
      * simpl. apply Rmult_lt_0_compat; [exact Hb | apply exp_pos].
      * auto_derive; [exact I | ring].
      * replace (b * exp (-1 * (c * x)) * / b) with (exp (-1 * (c * x))) by (field; lra). rewrite ln_exp. field. lra.
    + intros P [M H]. exists (- (ln (Rmax M 1 * / b) * / c)). intros x Hx. apply H.
      pose proof (Rmax_l M 1). pose proof (Rmax_r M 1). set (d := Rmax M 1) in *.
      assert (0 < d * / b) as E by (apply Rmult_lt_0_compat; [lra | apply Rinv_0_lt_compat, Hb]).
      assert (ln (d * / b) < -1 * (c * x)) as L.
      { apply (Rmult_lt_compat_l c) in Hx; [| exact Hc]. replace (c * - (ln (d * / b) * / c)) with (- ln (d * / b)) in Hx by (field; lra). lra. }
      apply exp_increasing in L. rewrite exp_ln in L by exact E. apply (Rmult_lt_compat_l b) in L; [| exact Hb].
      replace (b * (d * / b)) with d in L by (field; lra). lra.
    + intros P HP. apply near_at_right in HP. destruct HP as [d [Hd HP]]. exists (- (ln (d * / b) * / c)). intros x Hx. apply HP.
      split; [apply Rmult_lt_0_compat; [exact Hb | apply exp_pos] |].
      assert (0 < d * / b) as E by (apply Rmult_lt_0_compat; [lra | apply Rinv_0_lt_compat, Hb]).
      assert (-1 * (c * x) < ln (d * / b)) as L.
      { apply (Rmult_lt_compat_l c) in Hx; [| exact Hc]. replace (c * - (ln (d * / b) * / c)) with (- ln (d * / b)) in Hx by (field; lra). lra. }
      apply exp_increasing in L. rewrite exp_ln in L by exact E. apply (Rmult_lt_compat_l b) in L; [| exact Hb].
      replace (b * (d * / b)) with d in L by (field; lra). lra.
    + apply Euler_integral; assumption.
Qed.

(* integral of von Mises' density *)
Lemma integral_of_von_Mises_density : forall (Bessel : R -> R -> R) (a : R) (c : R), (bessel_function Bessel) -> Integral ((-1) * PI) PI (fun x => exp (a * cos (x + (-1) * c))) = (2 * PI) * Bessel 0 a /\ integrable ((-1) * PI) PI (fun x => exp (a * cos (x + (-1) * c))).
Proof.
  intros Bessel a c H. apply integral_of_nonnegative; [intros x _; left; apply exp_pos |]. pose proof PI_RGT_0 as P.
  assert (PI * Bessel 0 a = wave a PI) as E.
  { apply (is_integral_unique 0 PI (fun t => exp (a * cos t))); [apply (H a) |].
    apply (is_integral_over 0 PI _ (wave a)); [lra | apply is_derive_wave |].
    unfold wave at 3. rewrite RInt_point. unfold zero; simpl. ring. }
  apply (is_integral_over ((-1) * PI) PI _ (fun x => wave a (x + (-1) * c))); [lra | |].
  - intros x. apply (is_derive_value _ x (scal 1 (exp (a * cos (x + (-1) * c))))).
    + apply (is_derive_comp (wave a) (fun x => x + (-1) * c)); [apply is_derive_wave | auto_derive; [exact I | ring]].
    + unfold scal; simpl; unfold mult; simpl. ring.
  - pose proof (wave_period a ((-1) * PI + (-1) * c)) as K. replace (-1 * PI + -1 * c + 2 * PI) with (PI + -1 * c) in K by ring.
    rewrite K, Rmult_assoc, E. reflexivity.
Qed.

(* negative binomial series *)
Lemma negative_binomial_series : forall (Gamma : R -> R) (a : R) (b : R), (gamma_function Gamma) -> ((-1) < a /\ a < 1) -> (0 < b) -> Sum_from 0 (fun k => (Gamma (k + b) * power (Gamma b * factorial k) (-1)) * power a k) = power (1 + (-1) * a) ((-1) * b) /\ summable 0 (fun k => (Gamma (k + b) * power (Gamma b * factorial k) (-1)) * power a k).
Proof.
  intros Gamma a b G Ha Hb. assert (Rabs a < 1) as A by (apply Rabs_def1; lra).
  assert (forall p : nat, Gamma (0 + INR p + b) * power (Gamma b * factorial (0 + INR p)) (-1) * power a (0 + INR p) = binomial Gamma b p * a ^ p) as E.
  { intros p. rewrite !Rplus_0_l, power_minus_1, factorial_count_is, power_count. reflexivity. }
  split.
  - replace (1 + -1 * a) with (1 - a) by ring. replace (-1 * b) with (- b) by ring. rewrite <- (binomial_sum Gamma b a G Hb A).
    apply Series_ext. exact E.
  - apply (ex_series_ext (fun p => Rabs (binomial Gamma b p * a ^ p))); [intros p; rewrite E; reflexivity |].
    apply CV_disk_inside. rewrite binomial_radius by assumption. exact A.
Qed.

(* ------------------------------------------------------------------ steps *)

Lemma Derive_ext_on : forall (D : R -> Prop) (f g : R -> R) (x : R),
  open D -> D x -> (forall t, D t -> f t = g t) -> Derive f x = Derive g x.
Proof. intros D f g x HD Hx H. apply Derive_ext_loc. exact (filter_imp _ _ H (HD x Hx)). Qed.

Lemma terms_literal : forall a b : Z, terms (IZR a) (IZR b) = Z.to_nat (b - a + 1).
Proof.
  intros a b. unfold terms. rewrite <- minus_IZR. f_equal. f_equal.
  unfold Int_part. rewrite <- (tech_up (IZR (b - a)) (b - a + 1)); [ring | |]; rewrite plus_IZR; lra.
Qed.

Lemma position_literal : forall (a : Z) (k : nat), IZR a + INR k = IZR (a + Z.of_nat k).
Proof. intros a k. rewrite plus_IZR, <- INR_IZR_INZ. reflexivity. Qed.

Lemma Sum_literal : forall (a b : Z) (f : R -> R),
  Sum (IZR a) (IZR b) f = sum_of (Z.to_nat (b - a + 1)) (fun k => f (IZR (a + Z.of_nat k))).
Proof.
  intros a b f. unfold Sum. rewrite terms_literal. apply sum_of_ext. intros p _. rewrite position_literal. reflexivity.
Qed.

Lemma Product_literal : forall (a b : Z) (f : R -> R),
  Product (IZR a) (IZR b) f = product_of (Z.to_nat (b - a + 1)) (fun k => f (IZR (a + Z.of_nat k))).
Proof.
  intros a b f. unfold Product. rewrite terms_literal. apply product_of_ext. intros p _. rewrite position_literal. reflexivity.
Qed.

Lemma equal_is_up_to_constant : forall (T : Type) (D : T -> Prop) (F G : T -> R),
  (forall t, D t -> F t = G t) -> up_to_constant D F G.
Proof. intros T D F G H. exists 0. intros t Ht. rewrite (H t Ht). ring. Qed.

Lemma up_to_constant_trans : forall (T : Type) (D : T -> Prop) (F G H : T -> R),
  up_to_constant D F G -> up_to_constant D G H -> up_to_constant D F H.
Proof. intros T D F G H [a A] [b B]. exists (a + b). intros t Ht. rewrite (A t Ht), (B t Ht). ring. Qed.

Lemma equal_is_proportional : forall (T : Type) (D : T -> Prop) (F G : T -> R),
  (forall t, D t -> F t = G t) -> proportional D F G.
Proof. intros T D F G H. exists 1. split; [lra |]. intros t Ht. rewrite (H t Ht). ring. Qed.

Lemma proportional_trans : forall (T : Type) (D : T -> Prop) (F G H : T -> R),
  proportional D F G -> proportional D G H -> proportional D F H.
Proof.
  intros T D F G H [a [Ha A]] [b [Hb B]]. exists (a * b).
  split; [apply Rmult_lt_0_compat; assumption |]. intros t Ht. rewrite (A t Ht), (B t Ht). ring.
Qed.

Lemma chain_rule_of_curve : forall (A u : R -> R) (v : R), ex_derive_n A 1 (u v) -> ex_derive u v ->
  Derive (fun t => A (u t)) v = Derive_n A 1 (u v) * Derive u v.
Proof. intros A u v HA Hu. rewrite (Derive_comp A u) by assumption. apply Rmult_comm. Qed.

Lemma chain_rule_of_slope : forall (A u : R -> R) (k : nat) (v : R), ex_derive_n A (S k) (u v) -> ex_derive u v ->
  Derive (fun t => Derive_n A k (u t)) v = Derive_n A (S k) (u v) * Derive u v.
Proof.
  intros A u k v HA Hu. destruct k; [exact (chain_rule_of_curve A u v HA Hu) |].
  rewrite (Derive_comp (Derive_n A (S k)) u) by assumption. apply Rmult_comm.
Qed.

(* ------------------------------------------------------------------ side conditions *)

(* A file that has names for expressions says `Ltac names ::= unfold J, f.` *)
Ltac names := idtac.
Ltac unfolded := progress names; cbv beta.

Lemma square_nonnegative : forall a : R, 0 <= a * a.
Proof. intros a. apply Rle_0_sqr. Qed.

Lemma negative_product : forall a b : R, a < 0 -> b < 0 -> 0 < a * b.
Proof. intros a b Ha Hb. replace (a * b) with ((- a) * (- b)) by ring. apply Rmult_lt_0_compat; lra. Qed.

Lemma product_with_negative : forall a b : R, a < 0 -> 0 < b -> a * b < 0.
Proof. intros a b Ha Hb. pose proof (Rmult_lt_0_compat (- a) b). lra. Qed.

Lemma product_by_negative : forall a b : R, 0 < a -> b < 0 -> a * b < 0.
Proof. intros a b Ha Hb. pose proof (Rmult_lt_0_compat a (- b)). lra. Qed.

Lemma complement_of_exp : forall a : R, 0 <= a -> 0 <= 1 + (-1) * exp ((-1) * a).
Proof.
  intros a H. destruct (Rle_lt_or_eq_dec 0 a H) as [L | <-].
  - pose proof (exp_increasing ((-1) * a) 0) as E. rewrite exp_0 in E. lra.
  - rewrite Rmult_0_r, exp_0. lra.
Qed.
Lemma share_below_1 : forall a b : R, 0 < a -> 0 <= b -> power (1 + a) (-1) * exp ((-1) * b) < 1.
Proof.
  intros a b A B. rewrite power_minus_1. pose proof (complement_of_exp b B). pose proof (exp_pos ((-1) * b)).
  apply (Rmult_lt_reg_l (1 + a)); [lra |]. rewrite <- Rmult_assoc, Rinv_r by lra. lra.
Qed.
Lemma exp_below_1 : forall u : R, u < 0 -> exp u < 1.
Proof. intros u H. rewrite <- exp_0. apply exp_increasing, H. Qed.

Lemma sigmoid_nonzero_complement : forall z : R, 1 + (-1) * sigmoid z <> 0.
Proof. intros z. pose proof (sigmoid_below_1 z). lra. Qed.

Lemma complement_positive : forall p : R, p < 1 -> 0 < 1 + (-1) * p.
Proof. intros p H. lra. Qed.

Lemma binary_count : forall y : R, y = 0 \/ y = 1 -> count y.
Proof. intros y [-> | ->]; [exists 0%nat | exists 1%nat]; reflexivity. Qed.

Lemma count_literal : forall p : positive, count (IZR (Zpos p)).
Proof. intros p. apply nonnegative_integer_count; [apply integer_IZR | apply IZR_le; lia]. Qed.

Lemma count_0 : count 0.
Proof. exists 0%nat. reflexivity. Qed.

Lemma factorial_count : forall a : R, count (factorial a).
Proof. intros a. eexists. reflexivity. Qed.

Lemma Kronecker_count : forall i k : R, count (Kronecker i k).
Proof. intros i k. apply binary_count. unfold Kronecker. destruct (Req_EM_T i k); auto. Qed.

Lemma count_within : forall m n i : R, within m n i -> count m -> count i.
Proof.
  intros m n i H [k E]. subst m. pose proof (within_bounds _ _ _ H). pose proof (pos_INR k).
  apply nonnegative_integer_count; [| lra]. apply (within_integer _ _ _ H). exists (Z.of_nat k). apply INR_IZR_INZ.
Qed.

Lemma within_positive : forall m n i : R, within m n i -> 0 < m -> 0 < i.
Proof. intros m n i H Hm. pose proof (within_bounds _ _ _ H). lra. Qed.

Lemma Kronecker_binary : forall i k : R, Kronecker i k = 0 \/ Kronecker i k = 1.
Proof. intros i k. unfold Kronecker. destruct (Req_EM_T i k); auto. Qed.

Lemma complement_binary : forall y : R, y = 0 \/ y = 1 -> 1 + (-1) * y = 0 \/ 1 + (-1) * y = 1.
Proof. intros y [-> | ->]; [right | left]; ring. Qed.

(* The tangent of the logarithm at 1 lies above it. *)
Lemma logarithm_below_tangent : forall u : R, 0 < u -> ln u <= u - 1.
Proof. intros u H. pose proof (exp_ineq1_le (ln u)) as E. rewrite exp_ln in E by exact H. lra. Qed.

Lemma tangent_above_logarithm : forall u : R, 0 < u -> 0 <= u + (-1) * 1 + (-1) * ln u.
Proof. intros u H. pose proof (logarithm_below_tangent u H). lra. Qed.

Lemma ex_derive_curve : forall (A u : R -> R) (k : nat) (v : R),
  ex_derive_n A (S k) (u v) -> ex_derive u v -> ex_derive (fun t => Derive_n A k (u t)) v.
Proof.
  intros A u k v HA Hu. apply (ex_derive_chain (Derive_n A k) u v (Derive (Derive_n A k) (u v))); [| exact Hu].
  apply Derive_correct. exact HA.
Qed.

Lemma ex_derive_curve_itself : forall (A u : R -> R) (v : R),
  ex_derive_n A 1 (u v) -> ex_derive u v -> ex_derive (fun t => A (u t)) v.
Proof. intros A u v. exact (ex_derive_curve A u 0 v). Qed.

Lemma ex_derive_inverse : forall (u : R -> R) (v : R), u v <> 0 -> ex_derive u v -> ex_derive (fun t => / u t) v.
Proof. intros u v H Hu. apply ex_derive_inv; assumption. Qed.

(* Nothing below looks into what these are, so that trying a hypothesis does not take long. *)
Global Opaque terms within count integer Sum Product power Kronecker sigmoid softplus factorial digamma trigamma update.
Global Opaque Req_EM_T exp ln cos sin Rabs Rmax sign PI Derive Derive_n ex_derive ex_derive_n.
Global Opaque Integral integrable Sum_from summable following Where erf.

(* What the hypotheses say, some of them for all indices. *)
Ltac known_0 := first [assumption | exact I].
Ltac known_1 := first [known_0 | match goal with H : _ |- _ => solve [apply H; known_0] end].
Ltac known := first [known_0 | match goal with H : _ |- _ => solve [apply H; first [known_1 | lra]] end].

(* The index of a sum, or one that is declared. *)
Ltac inside :=
  first
    [ known
    | match goal with
      | |- within ?m ?n ?m => apply first_within; first [known | lra]
      | |- within _ _ (IZR _) => apply integers_are_within; [apply integer_IZR | apply integer_IZR | lra]
      end ].

Ltac whole :=
  first
    [ known
    | match goal with
      | |- integer (IZR _) => apply integer_IZR
      | |- integer (_ + _) => apply integer_plus; whole
      | |- integer (_ * _) => apply integer_mult; whole
      | |- count 0 => exact count_0
      | |- count (IZR (Zpos _)) => apply count_literal
      | |- count (factorial _) => apply factorial_count
      | |- count (Kronecker _ _) => apply Kronecker_count
      | |- count (_ + _) => apply count_plus; whole
      | |- count (_ * _) => apply count_mult; whole
      | |- count ?a => apply binary_count; known
      | |- count ?a => eapply count_within; [known | whole]
      | |- integer ?a => apply count_integer; known
      | |- integer ?a => apply count_integer, binary_count; known
      | |- integer ?a => eapply within_integer; [known | whole]
      end ].

(* What is known of a part of the goal that is no sum or product is put before linear arithmetic. *)
Ltac positive_part := fail.
Ltac below_1_part := fail.
Ltac fact a :=
  lazymatch a with
  | IZR _ => idtac
  | cos ?u => pose proof (COS_bound u)
  | sin ?u => pose proof (SIN_bound u)
  | erf ?u => pose proof (erf_bound u); try (let H := fresh in assert (0 < u) as H by positive_part; apply erf_positive in H)
  | ln ?u => try (let H := fresh in assert (0 < u) as H by positive_part; apply logarithm_below_tangent in H)
  | _ =>
      first
        [ match goal with _ : a = 0 |- _ => idtac | _ : a = 1 |- _ => idtac end
        | let H := fresh in assert (a = 0 \/ a = 1) as H by known; destruct H as [H | H]; rewrite ?H in |- *
        | try (let H := fresh in
               first
                 [ assert (0 < a) as H by positive_part
                 | assert (0 <= a) as H
                     by first [known | apply count_nonnegative; known | apply Kronecker_nonnegative | apply power_2_nonnegative | apply Rabs_pos]
                 | assert (a < 0) as H by known
                 | assert (a <> 0) as H by known ]);
          try (let H := fresh in first [assert (a < 1) as H by below_1_part | assert (a <= 1) as H by known]);
          try (let H := fresh in assert (1 <= a) as H by known);
          try (let H := fresh in eassert (within _ _ a) as H by known; apply within_bounds in H) ]
  end.
Ltac facts e :=
  lazymatch e with
  | ?a + ?b => facts a; facts b
  | ?a * ?b => facts a; facts b
  | ?a - ?b => facts a; facts b
  | - ?a => facts a
  | ?a / ?b => facts a
  | _ => fact e
  end.
Ltac arithmetic :=
  match goal with
  | |- ?a < ?b => facts a; facts b
  | |- ?a <= ?b => facts a; facts b
  | |- ?a <> ?b => facts a; facts b
  | |- ?a = ?b => facts a; facts b
  end; first [lra | nra].

Ltac positive :=
  lazymatch goal with
  | |- 0 < IZR _ => lra
  | |- 0 < PI => exact PI_RGT_0
  | |- 0 < exp _ => apply exp_pos
  | |- 0 < sigmoid _ => apply sigmoid_positive
  | |- 0 < softplus _ => apply softplus_positive
  | |- 0 < erf _ => apply erf_positive; positive
  | |- 0 < factorial _ => apply factorial_positive
  | |- 0 < ?a * ?b => first [apply Rmult_lt_0_compat; positive | apply negative_product; negative | known | arithmetic]
  | |- 0 < / _ => apply Rinv_0_lt_compat; positive
  | |- 0 < _ / _ => apply Rdiv_lt_0_compat; positive
  | |- 0 < power _ 2 => first [apply power_2_positive; nonzero | known]
  | |- 0 < power _ _ => first [apply power_positive; positive | known]
  | |- 0 < _ ^ 2 => first [apply pow2_gt_0; nonzero | known]
  | |- 0 < _ ^ _ => first [apply pow_lt; positive | known]
  | |- 0 < Sum _ _ _ => first [apply Sum_positive; [order | intros; cbv beta; positive] | known]
  | |- 0 < Product _ _ _ => first [apply Product_positive; intros; cbv beta; positive | known]
  | |- 0 < (if ?c then _ else _) => destruct c; positive
  | |- 0 < Rabs _ => apply Rabs_pos_lt; nonzero
  | |- 0 < Where ?g ?a ?b => apply (Where_either (Rlt 0) g a b); positive
  | |- 0 < Rmax _ _ =>
      first [eapply Rlt_le_trans; [| apply Rmax_l]; positive | eapply Rlt_le_trans; [| apply Rmax_r]; positive]
  | |- 0 < 1 + (-1) * _ => first [apply complement_positive; below_1 | known | arithmetic]
  | |- 0 < ?a + ?b =>
      first
        [ apply Rplus_lt_le_0_compat; [positive | nonnegative]
        | apply Rplus_le_lt_0_compat; [nonnegative | positive]
        | known | lra | arithmetic ]
  | H : gamma_function ?G |- 0 < ?G _ => apply (Gamma_positive G); [exact H | positive]
  | H : bessel_function ?B |- 0 < ?B 0 _ => exact (Bessel_positive B _ H)
  | _ => first [known | lra | eapply within_positive; [known | lra] | unfolded; positive]
  end
with nonnegative :=
  lazymatch goal with
  | |- 0 <= IZR _ => lra
  | |- 0 <= Kronecker _ _ => apply Kronecker_nonnegative
  | |- 0 <= Rabs _ => apply Rabs_pos
  | |- 0 <= power _ 2 => apply power_2_nonnegative
  | |- 0 <= _ ^ 2 => apply pow2_ge_0
  | |- 0 <= power _ _ => first [apply power_nonnegative; nonnegative | known]
  | |- 0 <= _ ^ _ => first [apply pow_le; nonnegative | known]
  | |- 0 <= ?a * ?a => apply square_nonnegative
  | |- 0 <= _ * _ =>
      first [apply Rmult_le_pos; nonnegative | left; apply negative_product; negative | known | arithmetic]
  | |- 0 <= / _ => left; apply Rinv_0_lt_compat; positive
  | |- 0 <= 1 + (-1) * exp _ => first [apply complement_of_exp; nonnegative | left; apply complement_positive; below_1]
  | |- 0 <= 1 + (-1) * _ => first [left; apply complement_positive; below_1 | known | arithmetic]
  | |- 0 <= ?u + (-1) * 1 + (-1) * ln ?u => apply tangent_above_logarithm; positive
  | |- 0 <= _ + _ => first [apply Rplus_le_le_0_compat; nonnegative | known | lra | arithmetic]
  | |- 0 <= Sum _ _ _ => first [apply Sum_nonnegative; intros; cbv beta; nonnegative | known]
  | |- 0 <= Product _ _ _ => first [apply Product_nonnegative; intros; cbv beta; nonnegative | known]
  | |- 0 <= (if ?c then _ else _) => destruct c; nonnegative
  | |- 0 <= Rmax _ _ =>
      first [eapply Rle_trans; [| apply Rmax_l]; nonnegative | eapply Rle_trans; [| apply Rmax_r]; nonnegative]
  | |- 0 <= Where ?g ?a ?b => apply (Where_either (Rle 0) g a b); nonnegative
  | |- 0 <= exp _ => left; apply exp_pos
  | |- 0 <= ?a => first [known | left; positive | apply count_nonnegative; whole | arithmetic | unfolded; nonnegative]
  end
with negative :=
  lazymatch goal with
  | |- IZR _ < 0 => lra
  | |- ?a * ?b < 0 =>
      first [apply product_by_negative; [positive | negative] | apply product_with_negative; [negative | positive] | known | arithmetic]
  | |- _ => first [known | lra | arithmetic | unfolded; negative]
  end
with nonzero :=
  lazymatch goal with
  | |- IZR _ <> 0 => lra
  | |- _ * _ <> 0 => first [apply Rmult_integral_contrapositive_currified; nonzero | known]
  | |- / _ <> 0 => apply Rinv_neq_0_compat; nonzero
  | |- Where ?g ?a ?b <> 0 => apply (Where_either (fun t => t <> 0) g a b); nonzero
  | |- power _ (IZR _) <> 0 => first [apply power_nonzero; [nonzero | apply integer_IZR] | known]
  | |- _ ^ _ <> 0 => first [apply pow_nonzero; nonzero | known]
  | |- Product _ _ _ <> 0 => first [apply Product_nonzero; intros; cbv beta; nonzero | known]
  | |- 1 + (-1) * sigmoid _ <> 0 => apply sigmoid_nonzero_complement
  | |- ?a <> 0 =>
      first
        [ known
        | apply Rgt_not_eq; unfold Rgt; positive
        | apply Rlt_not_eq; negative
        | unfolded; nonzero
        | arithmetic ]
  end
with below_1 :=
  lazymatch goal with
  | |- sigmoid _ < 1 => apply sigmoid_below_1
  | |- erf _ < 1 => apply erf_bound
  | |- exp _ < 1 => apply exp_below_1; negative
  | |- power (1 + _) (-1) * exp ((-1) * _) < 1 => first [apply share_below_1; [positive | nonnegative] | known | arithmetic]
  | |- _ => first [known | lra | unfolded; below_1 | arithmetic]
  end
with order := cbv beta; first [known | lra | arithmetic | unfolded; order].

Ltac positive_part ::= lazymatch goal with |- 0 < _ + _ => fail | |- 0 < _ * _ => fail | |- _ => positive end.
Ltac below_1_part ::= lazymatch goal with |- sigmoid _ < 1 => apply sigmoid_below_1 | |- exp _ < 1 => apply exp_below_1; negative | |- _ => known end.

(* Two bounds, signs, whole numbers, indices. *)
Ltac still := cbv beta; rewrite ?update_self, ?update_same.
Ltac number :=
  lazymatch goal with
  | |- True => exact I
  | |- 0 < _ => positive
  | |- 0 <= _ => nonnegative
  | |- _ < 0 => negative
  | |- _ < 1 => below_1
  | |- _ <> 0 => nonzero
  | |- _ <> _ => first [known | arithmetic]
  | |- _ < _ => order
  | |- _ <= _ => order
  | |- _ > _ => unfold Rgt; number
  | |- _ >= _ => apply Rle_ge; number
  | |- within _ _ _ => first [inside | unfolded; inside]
  | |- count _ => first [whole | apply nonnegative_integer_count; [whole | nonnegative] | unfolded; whole]
  | |- integer _ => first [whole | unfolded; whole]
  | |- gamma_function _ => known
  | |- _ /\ _ => split; number
  | |- Kronecker _ _ = 0 \/ _ => apply Kronecker_binary
  | |- 1 + (-1) * ?a = 0 \/ _ => first [known | apply complement_binary; number]
  | |- _ \/ _ => first [known | left; reflexivity | right; reflexivity | left; number | right; number]
  | |- _ = _ => first [reflexivity | known | lra | unfolded; reflexivity]
  | |- _ => known
  end.

Ltac smooth :=
  cbv beta;
  lazymatch goal with
  | |- ex_derive (fun t => t) _ => apply ex_derive_variable
  | |- ex_derive (fun _ => ?c) _ => apply (ex_derive_constant c)
  | |- ex_derive (fun t => @?a t + @?b t) _ => apply (ex_derive_add a b); smooth
  | |- ex_derive (fun t => @?a t * @?b t) _ => apply (ex_derive_multiply a b); smooth
  | |- ex_derive (fun t => exp (@?u t)) _ => apply (ex_derive_exp u); smooth
  | |- ex_derive (fun t => ln (@?u t)) _ => apply (ex_derive_ln u); [still; number | smooth]
  | |- ex_derive (fun t => sigmoid (@?u t)) _ => apply (ex_derive_sigmoid u); smooth
  | |- ex_derive (fun t => softplus (@?u t)) _ => apply (ex_derive_softplus u); smooth
  | |- ex_derive (fun t => cos (@?u t)) _ => apply (ex_derive_cos u); smooth
  | |- ex_derive (fun t => sin (@?u t)) _ => apply (ex_derive_sin u); smooth
  | |- ex_derive (fun t => Rabs (@?u t)) _ => apply (ex_derive_Rabs u); [still; number | smooth]
  | |- ex_derive (fun t => sign (@?u t)) _ => apply (ex_derive_sign u); [still; number | smooth]
  | |- ex_derive (fun t => Where (@?c t) (@?a t) (@?b t)) _ => apply (ex_derive_Where c a b); [still; number | smooth | smooth | smooth]
  | |- ex_derive (fun t => Rmax (@?a t) (@?b t)) _ => apply (ex_derive_Rmax a b); [still; number | smooth | smooth]
  | |- ex_derive (fun t => erf (@?u t)) _ => apply (ex_derive_erf u); smooth
  | H : gamma_function ?G |- ex_derive (fun t => digamma ?G (@?u t)) _ =>
      apply (ex_derive_digamma G u); [exact H | still; number | smooth]
  | |- ex_derive (fun t => / (@?u t)) _ => apply (ex_derive_inverse u); [still; number | smooth]
  | |- ex_derive (fun t => power (@?u t) 2) _ => apply (ex_derive_power_2 u); smooth
  | |- ex_derive (fun t => power (@?u t) (-1)) _ => apply (ex_derive_power_minus_1 u); [still; number | smooth]
  | |- ex_derive (fun t =>
      power (@?u t) (IZR (Zneg _))) _ => apply (ex_derive_power_integer _ u); [apply integer_IZR | still; number | smooth]
  | |- ex_derive (fun t => power (@?u t) (IZR _)) _ => apply (ex_derive_power_count _ u); [whole | smooth]
  | |- ex_derive (fun t => power (@?u t) ?b) _ =>
      first [apply (ex_derive_power b u); [still; number | smooth] | apply (ex_derive_power_count b u); [whole | smooth]]
  | |- ex_derive (fun t => power (@?u t) (@?b t)) _ => apply (ex_derive_exponent u b); [still; number | smooth | smooth]
  | |- ex_derive (fun t => Sum ?m ?n (fun i => @?a t i)) _ => apply (ex_derive_Sum (fun i t => a t i)); intros; smooth
  | |- ex_derive (fun t =>
      Product ?m ?n (fun i => @?a t i)) _ => apply (ex_derive_Product (fun i t => a t i)); intros; smooth
  | |- ex_derive (fun t => if ?c then @?a t else @?b t) _ => apply (ex_derive_choice _ _ c a b); intros; smooth
  | |- ex_derive (fun t => update ?w ?k (update (?w ?k) ?m t) ?i ?j) _ => apply ex_derive_update_entry
  | |- ex_derive (fun t => update ?w ?k t ?i) _ => apply ex_derive_update
  | H : gamma_function ?G |- ex_derive (fun t => ?G (@?u t)) _ => apply (ex_derive_Gamma G u); [exact H | still; number | smooth]
  | |- ex_derive (fun t => Derive_n ?A ?k (@?u t)) _ => apply (ex_derive_curve A u k); [still; order_of_curve | smooth]
  | |- ex_derive (fun t => ?A (@?u t)) _ =>
      first [known | apply (ex_derive_curve_itself A u); [still; order_of_curve | smooth] | unfolded; smooth]
  | |- _ => first [known | unfolded; smooth]
  end
with order_of_curve := match goal with H : _ |- _ => solve [apply H; number] end.

(* A domain taken apart. *)
Ltac apart H :=
  lazymatch type of H with
  | _ /\ _ => let A := fresh in let B := fresh in destruct H as [A B]; apart A; apart B
  | _ < _ => idtac
  | _ <= _ => idtac
  | _ <> _ => idtac
  | _ = _ => idtac
  | _ \/ _ => idtac
  | within _ _ _ => idtac
  | count _ => idtac
  | integer _ => idtac
  | True => idtac
  | forall _, _ => idtac
  | ?P => first [progress hnf in H; apart H | idtac]
  end.
Ltac side :=
  cbv beta;
  lazymatch goal with
  | |- In _ _ -> _ =>
      let H := fresh in intros H; cbn [In] in H; repeat (destruct H as [<- | H]); try contradiction; side
  | |- ?P -> ?Q => let H := fresh in intros H; apart H; side
  | |- forall _, _ => intro; side
  | |- ex_derive _ _ => smooth
  | |- _ => number
  end.

(* ------------------------------------------------------------------ algebra *)

Lemma power_positive_literal : forall (a : R) (p : positive), power a (IZR (Zpos p)) = a ^ Pos.to_nat p.
Proof. intros a p. apply (power_integer a (Zpos p)). Qed.
Lemma power_negative_literal : forall (a : R) (p : positive), power a (IZR (Zneg p)) = / (a ^ Pos.to_nat p).
Proof. intros a p. apply (power_integer a (Zneg p)). Qed.

Ltac literal_powers :=
  repeat match goal with
  | |- context [power ?a (IZR ?z)] =>
      lazymatch z with
      | Z0 => rewrite (power_0 a)
      | Zpos xH => rewrite (power_1 a)
      | Zneg xH => rewrite (power_minus_1 a)
      | Zpos ?p => let k := eval compute in (Pos.to_nat p) in
          rewrite (power_positive_literal a p : power a (IZR (Zpos p)) = a ^ k)
      | Zneg ?p => let k := eval compute in (Pos.to_nat p) in
          rewrite (power_negative_literal a p : power a (IZR (Zneg p)) = / (a ^ k))
      end
  end.
Lemma power_square : forall a : R, power a 2 = a ^ 2.
Proof. intros a. exact (power_positive_literal a 2). Qed.

(* What field asks for; a hypothesis may speak of it with its powers as they were. *)
Ltac nonzeros :=
  repeat match goal with |- _ /\ _ => split end;
  first [nonzero | progress (rewrite <- ?power_minus_1, <- ?power_square); nonzero].
Ltac rational := first [ring | field; nonzeros].
Ltac algebra := intros; cbv beta; literal_powers; first [reflexivity | rational | unfolded; literal_powers; rational].

(* ------------------------------------------------------------------ the laws of powers and logarithms *)

Lemma ln_power : forall a b : R, 0 < a -> ln (power a b) = b * ln a.
Proof. intros a b H. rewrite power_of_positive by exact H. apply ln_exp. Qed.

Lemma ln_inverse : forall a : R, 0 < a -> ln (/ a) = (-1) * ln a.
Proof. intros a H. rewrite ln_Rinv by exact H. ring. Qed.

Lemma equal_logarithms : forall a b : R, 0 < a -> 0 < b -> ln a = ln b -> a = b.
Proof. intros a b. apply ln_inv. Qed.

Definition Exp (a : R) : R := exp a.

Lemma Exp_positive : forall a : R, 0 < Exp a.
Proof. exact exp_pos. Qed.


Lemma exp_multiple : forall (p : positive) (a : R), exp (IZR (Zpos p) * a) = Exp a ^ Pos.to_nat p.
Proof.
  intros p a. unfold Exp. replace (IZR (Zpos p)) with (INR (Pos.to_nat p)).
  - induction (Pos.to_nat p) as [| k H]; [rewrite Rmult_0_l; apply exp_0 |].
    rewrite S_INR, Rmult_plus_distr_r, exp_plus, H, Rmult_1_l. simpl. ring.
  - rewrite INR_IZR_INZ, positive_nat_Z. reflexivity.
Qed.

Lemma exp_minus_multiple : forall (p : positive) (a : R), exp (IZR (Zneg p) * a) = / (Exp a ^ Pos.to_nat p).
Proof.
  intros p a. rewrite <- exp_multiple, <- exp_Ropp. f_equal.
  change (Zneg p) with (Z.opp (Zpos p)). rewrite opp_IZR. ring.
Qed.

Lemma exp_once : forall a : R, exp (1 * a) = Exp a.
Proof. intros a. rewrite Rmult_1_l. reflexivity. Qed.

Lemma exp_minus_once : forall a : R, exp ((-1) * a) = / Exp a.
Proof. intros a. unfold Exp. rewrite <- exp_Ropp. f_equal. ring. Qed.

Lemma exp_nothing : forall a : R, exp (0 * a) = 1.
Proof. intros a. rewrite Rmult_0_l. apply exp_0. Qed.

Lemma Exp_ln : forall a : R, 0 < a -> Exp (ln a) = a.
Proof. exact exp_ln. Qed.

Lemma exp_of_terms : forall a b c d : R, exp a = c -> exp b = d -> exp (a + b) = c * d.
Proof. intros a b c d <- <-. apply exp_plus. Qed.

Lemma exp_rearranged : forall a b c : R, a = b -> exp b = c -> exp a = c.
Proof. intros a b c -> H. exact H. Qed.

Lemma half_squared : forall a : R, 0 < a -> a = Exp (/ 2 * ln a) ^ 2.
Proof. intros a H. rewrite <- (exp_multiple 2). rewrite <- (exp_ln a H) at 1. f_equal. field. Qed.

(* Logarithms as sums. *)
Ltac logarithms :=
  repeat match goal with
  | |- context [ln (exp ?a)] => rewrite (ln_exp a)
  | |- context [ln 1] => rewrite ln_1
  | |- context [ln (?a * ?b)] => rewrite (ln_mult a b) by positive
  | |- context [ln (/ ?a)] => rewrite (ln_inverse a) by positive
  | |- context [ln (?a / ?b)] => change (a / b) with (a * / b)
  | |- context [ln (power ?a ?b)] => rewrite (ln_power a b) by positive
  | |- context [ln (IZR (Zpos (xO ?p)))] =>
      lazymatch p with
      | xH => fail
      | _ => replace (IZR (Zpos (xO p))) with (2 * IZR (Zpos p)) by (rewrite <- mult_IZR; reflexivity)
      end
  end.

(* Powers of positive numbers whose exponents are no literals. *)
Ltac powers :=
  repeat match goal with
  | |- context [power ?a ?b] =>
      lazymatch b with
      | IZR ?z => fail
      | _ => rewrite (power_of_positive a b) by positive
      end
  end.

(* A sum of monomials as a list of (p, q, factors): p / q times the factors. *)
Ltac joined l m := eval cbv beta iota delta [app] in (app l m).
Ltac times_each m p :=
  lazymatch p with
  | nil => constr:(@nil (Z * Z * list R))
  | cons ?n ?rest =>
      lazymatch m with
      | (?a, ?b, ?l) =>
          lazymatch n with
          | (?c, ?d, ?k) =>
              let x := eval compute in (a * c)%Z in
              let y := eval compute in (b * d)%Z in
              let z := joined l k in
              let others := times_each m rest in
              constr:(cons (x, y, z) others)
          end
      end
  end.
Ltac times p q :=
  lazymatch p with
  | nil => constr:(@nil (Z * Z * list R))
  | cons ?m ?rest => let x := times_each m q in let y := times rest q in joined x y
  end.
Ltac polynomial e :=
  lazymatch e with
  | ?a + ?b => let x := polynomial a in let y := polynomial b in joined x y
  | ?a - ?b => let x := polynomial a in let y := polynomial constr:((-1) * b) in joined x y
  | - ?a => polynomial constr:((-1) * a)
  | ?a * ?b => let x := polynomial a in let y := polynomial b in times x y
  | ?a / ?b => let x := polynomial a in let y := polynomial constr:(/ b) in times x y
  | / (?a * ?b) => let x := polynomial constr:(/ a) in let y := polynomial constr:(/ b) in times x y
  | / / ?a => polynomial a
  | / IZR (Zpos ?p) => constr:(cons (1%Z, Zpos p, @nil R) nil)
  | / IZR (Zneg ?p) => constr:(cons ((-1)%Z, Zpos p, @nil R) nil)
  | IZR ?z => constr:(cons (z, 1%Z, @nil R) nil)
  | _ => constr:(cons (1%Z, 1%Z, cons e nil) nil)
  end.

(* The factors of a monomial in the order in which they were first met. *)
Ltac met l order :=
  lazymatch l with
  | nil => order
  | cons ?a ?rest =>
      lazymatch order with
      | context [cons a _] => met rest order
      | _ => let longer := joined order (cons a nil) in met rest longer
      end
  end.
Ltac all_met p order :=
  lazymatch p with
  | nil => order
  | cons (_, _, ?l) ?rest => let longer := met l order in all_met rest longer
  end.
Ltac copies a l others :=
  lazymatch l with
  | nil => others
  | cons a ?rest => let x := copies a rest others in constr:(cons a x)
  | cons _ ?rest => copies a rest others
  end.
Ltac ordered_factors l order :=
  lazymatch order with
  | nil => constr:(@nil R)
  | cons ?a ?rest => let others := ordered_factors l rest in copies a l others
  end.
Ltac multiplied l :=
  lazymatch l with
  | nil => constr:(1)
  | cons ?a nil => a
  | cons ?a ?rest => let x := multiplied rest in constr:(a * x)
  end.
(* The monomial as an integer times what it is the integer multiple of. *)
Ltac monomial m order :=
  lazymatch m with
  | (?p, ?q, ?l) =>
      let g := eval compute in (Z.gcd p q) in
      let n := eval compute in (p / g)%Z in
      let d := eval compute in (q / g)%Z in
      let k := ordered_factors l order in
      let x := multiplied k in
      lazymatch d with
      | 1%Z => constr:(IZR n * x)
      | _ => constr:(IZR n * (/ IZR d * x))
      end
  end.
Ltac sum_of_monomials p order :=
  lazymatch p with
  | nil => constr:(0 * 0)
  | cons ?m nil => monomial m order
  | cons ?m ?rest => let x := monomial m order in let y := sum_of_monomials rest order in constr:(x + y)
  end.
Ltac exponential_of e :=
  lazymatch e with
  | ?a + ?b => let x := exponential_of a in let y := exponential_of b in constr:(x * y)
  | 0 * _ => constr:(1)
  | 1 * ?a => constr:(Exp a)
  | (-1) * ?a => constr:(/ Exp a)
  | IZR (Zpos ?p) * ?a => let k := eval compute in (Pos.to_nat p) in constr:(Exp a ^ k)
  | IZR (Zneg ?p) * ?a => let k := eval compute in (Pos.to_nat p) in constr:(/ (Exp a ^ k))
  end.
Ltac is_exponential :=
  lazymatch goal with
  | |- exp (_ + _) = _ => apply exp_of_terms; is_exponential
  | |- exp (0 * _) = _ => apply exp_nothing
  | |- exp (1 * _) = _ => apply exp_once
  | |- exp ((-1) * _) = _ => apply exp_minus_once
  | |- exp (IZR (Zpos _) * _) = _ => apply exp_multiple
  | |- exp (IZR (Zneg _) * _) = _ => apply exp_minus_multiple
  end.

(* exp of a sum of monomials as a product of exponentials, the innermost first. *)
Ltac exponentials order :=
  lazymatch goal with
  | |- context [exp ?any] =>
      match goal with
      | |- context [exp ?u] =>
          lazymatch u with
          | context [exp ?v] => fail
          | _ =>
              let p := polynomial u in
              let longer := all_met p order in
              let v := sum_of_monomials p longer in
              let e := exponential_of v in
              let H := fresh in
              assert (exp u = e) as H
                by (apply (exp_rearranged u v); [unfold Exp; first [reflexivity | ring | field; nonzeros] | is_exponential]);
              rewrite H; clear H;
              repeat match goal with |- context [Exp (ln ?a)] => rewrite (Exp_ln a) by (unfold Exp; positive) end;
              exponentials longer
          end
      end
  | _ => idtac
  end.

(* Half powers: everything in terms of the square roots. *)
Ltac roots :=
  repeat match goal with
  | |- context [Exp (/ 2 * ln ?a)] =>
      let s := fresh "s" in let E := fresh in let P := fresh in
      assert (0 < a) as P by (unfold Exp; positive);
      pose proof (half_squared a P) as E; clear P;
      pose proof (Exp_positive (/ 2 * ln a)) as P;
      set (s := Exp (/ 2 * ln a)) in *; clearbody s
  end;
  repeat match goal with
  | E : ?a = ?s ^ 2 |- context [?a] => lazymatch a with IZR _ => fail | _ => rewrite E; clear E end
  end.
Ltac rational_with_root :=
  match goal with E : IZR ?a = ?s ^ 2 |- _ => apply eq_sym in E; solve [field [E]; nonzeros] end.

(* Functions of equal arguments. *)
Ltac arguments F l :=
  match goal with
  | |- context [F ?a] => lazymatch l with context [cons a _] => fail | _ => arguments F constr:(cons a l) end
  | _ => l
  end.
Ltac same a b :=
  lazymatch constr:(a + b) with
  | context [Rinv _] => rational
  | context [Rdiv _ _] => rational
  | _ => ring
  end.
Ltac made_equal F a b :=
  first
    [ replace (F b) with (F a) by (apply f_equal; same a b)
    | lazymatch F with
      | cos => replace (cos b) with (cos a) by (rewrite <- (cos_neg b); apply f_equal; same a b)
      | Rabs => replace (Rabs b) with (Rabs a) by (rewrite <- (Rabs_Ropp b); apply f_equal; same a b)
      | sin => replace (sin b) with ((-1) * sin a) by (replace b with (- a) by same a b; rewrite sin_neg; ring)
      | sign => replace (sign b) with ((-1) * sign a) by (replace b with (- a) by same a b; rewrite sign_opp; ring)
      end ].
Ltac equal_to_one_of F a l := lazymatch l with cons ?b ?rest => first [made_equal F a b | equal_to_one_of F a rest] end.
Ltac two_equal F l := lazymatch l with cons ?a ?rest => first [equal_to_one_of F a rest | two_equal F rest] end.
Ltac arguments_of F := repeat (let l := arguments F (@nil R) in two_equal F l).
Ltac equal_arguments :=
  try match goal with _ : gamma_function ?G |- _ => arguments_of G; arguments_of (digamma G); arguments_of (trigamma G) end;
  arguments_of cos; arguments_of sin; arguments_of Rabs; arguments_of sign; arguments_of sigmoid;
  arguments_of softplus; arguments_of factorial; arguments_of exp; arguments_of ln.

Ltac laws_forward := logarithms; powers; logarithms; literal_powers; exponentials (@nil R).
Ltac made_same E F := lazymatch E with F => fail | _ => idtac end.
(* An exponential that is a power of another. *)
Ltac multiples :=
  progress (repeat match goal with
  | |- context [Exp ?a] =>
      match goal with
      | |- context [Exp (/ IZR (Zpos ?p) * ?b)] =>
          made_same a (/ IZR (Zpos p) * b);
          let k := eval compute in (Pos.to_nat p) in
          replace (Exp a) with (Exp (/ IZR (Zpos p) * b) ^ k)
            by (rewrite <- (exp_multiple p (/ IZR (Zpos p) * b) : _ = _ ^ k); unfold Exp; apply f_equal; field; nonzeros)
      end
  end).
Ltac finish :=
  first
    [ solve [unfold Exp; rational]
    | solve [progress roots; unfold Exp; first [rational | rational_with_root]]
    | solve [unfold Exp; progress equal_arguments; rational]
    | solve [multiples; first [solve [unfold Exp; rational] | progress roots; unfold Exp; first [rational | rational_with_root]]] ].
Ltac by_logarithms := apply equal_logarithms; [positive | positive |]; laws_forward; finish.
Ltac same_function := repeat match goal with |- exp _ = exp _ => apply f_equal | |- ln _ = ln _ => apply f_equal end.
Ltac exponential_factor e :=
  lazymatch e with
  | ?a * ?b => first [exponential_factor a | exponential_factor b]
  | exp _ => idtac
  | power _ (IZR _) => fail
  | power _ _ => idtac
  end.
Ltac laws_here :=
  lazymatch goal with
  | |- ?a = ?b =>
      first
        [ reflexivity
        | lazymatch goal with |- exp (ln _) = _ => fail | _ => solve [literal_powers; rational] end
        | exponential_factor a; exponential_factor b; solve [same_function; by_logarithms]
        | solve [laws_forward; finish]
        | solve [same_function; by_logarithms]
        | solve [same_function; laws_forward; finish] ]
  end.
(* Equal functions of several numbers: equal argument by argument. *)
Lemma Where_equal : forall g h a b c d : R, g = h -> a = c -> b = d -> Where g a b = Where h c d.
Proof. intros g h a b c d -> -> ->. reflexivity. Qed.
Lemma Rmax_equal : forall a b c d : R, a = c -> b = d -> Rmax a b = Rmax c d.
Proof. intros a b c d -> ->. reflexivity. Qed.
Lemma Rmax_swapped : forall a b c d : R, a = d -> b = c -> Rmax a b = Rmax c d.
Proof. intros a b c d -> ->. apply Rmax_comm. Qed.
Ltac equal_functions :=
  progress (repeat match goal with
  | |- context [Where ?g ?a ?b] =>
      match goal with
      | |- context [Where ?h ?c ?d] =>
          made_same (Where g a b) (Where h c d); replace (Where h c d) with (Where g a b) by (apply Where_equal; solve [laws_within])
      end
  | |- context [erf ?a] =>
      match goal with
      | |- context [erf ?b] => made_same a b; replace (erf b) with (erf a) by (apply f_equal; solve [laws_within])
      end
  | |- context [Rmax ?a ?b] =>
      match goal with
      | |- context [Rmax ?c ?d] =>
          made_same (Rmax a b) (Rmax c d);
          replace (Rmax c d) with (Rmax a b) by (first [apply Rmax_equal; solve [laws_within] | apply Rmax_swapped; solve [laws_within]])
      end
  end)
with laws_within := cbv beta; first [reflexivity | laws_here | equal_functions; laws_here].
Ltac laws := intros; cbv beta; first [solve [laws_here] | solve [equal_functions; laws_here] | solve [unfolded; laws_within]].

(* ------------------------------------------------------------------ how a step uses a rule *)

(* A set between two numbers, or on one side of one, is open. *)
Ltac open_set :=
  first [ apply open_gt | apply open_lt
        | apply open_and; [first [apply open_gt | apply open_lt] | first [apply open_gt | apply open_lt]]
        | apply open_neq ].

(* The lemma of a rule, its conditions shown; w with the j-th element put where it is, is w. *)
Ltac use E :=
  let H := fresh "E" in
  pose proof E as H; cbn [map add_list multiply_list mat_add_list fold_left] in H; cbv beta in H; rewrite ?update_self in H;
  first [exact H | apply H; side].

(* The same for a rule about optima, where D_is says what holds of the parameters in D. *)
Ltac use_over D_is E :=
  let H := fresh "E" in
  pose proof E as H; cbv beta in H;
  first [ exact H
        | apply H; intros; repeat match goal with I : ?D ?t |- _ => pose proof (D_is t I); clear I end; cbv beta in *; side ].

Ltac chain_rule :=
  lazymatch goal with
  | |- Derive (fun t => Derive_n ?A ?k (@?u t)) ?v = _ => use (chain_rule_of_slope A u k v)
  | |- Derive (fun t => ?A (@?u t)) ?v = _ => use (chain_rule_of_curve A u v)
  end.

(* Integrals and series: what a rule says of them, what holds inside, and that they converge. *)
Ltac suppose :=
  lazymatch goal with
  | |- _ /\ _ -> _ => let A := fresh in let B := fresh in intros [A B]; revert B; suppose
  | |- _ -> _ => intro
  end.
Ltac take E H :=
  pose proof E as H; cbv beta in H; rewrite ?update_self in H;
  repeat match type of H with ?P -> _ => let I := fresh in assert P as I by side; specialize (H I); clear I end;
  lazymatch type of H with _ /\ _ => let I := fresh in destruct H as [H I]; revert I; suppose | _ => idtac end.
Ltac under_integral H :=
  let A := fresh in let B := fresh in destruct H as [A B]; cbn [Rbar_lt] in A, B; cbv beta.
Ltac under_series H :=
  pose proof (following_least _ _ H);
  first [pose proof (following_count _ _ H ltac:(whole)) | try pose proof (following_integer _ _ H ltac:(whole))]; cbv beta.
Ltac held := match goal with H : ?A |- ?A => exact H end.
Ltac by_same same :=
  lazymatch type of same with
  | forall _, between _ _ _ -> _ => first [exact (Integral_ext _ _ _ _ same) | refine (integrable_ext _ _ _ _ same _); held]
  | forall _, following _ _ -> _ => first [exact (Sum_from_ext _ _ _ same) | refine (summable_ext _ _ _ same _); held]
  end.
Ltac converging := repeat match goal with |- _ /\ _ => split end; first [exact I | held | assumption].
Ltac converging_by same := repeat match goal with |- _ /\ _ => split end; first [exact I | held | by_same same].

(* A sum or a product between two numbers, one term after the other. *)
Ltac written_out :=
  intros;
  lazymatch goal with
  | |- Sum ?a ?b ?f = _ => rewrite Sum_literal
  | |- Product ?a ?b ?f = _ => rewrite Product_literal
  end;
  repeat match goal with
  | |- context [sum_of ?k] => progress (let q := eval compute in k in change (sum_of k) with (sum_of q))
  | |- context [product_of ?k] => progress (let q := eval compute in k in change (product_of k) with (product_of q))
  end;
  cbn [sum_of product_of]; cbv beta;
  repeat match goal with
  | |- context [(?a + Z.of_nat ?k)%Z] => let q := eval compute in (a + Z.of_nat k)%Z in change (a + Z.of_nat k)%Z with q
  end;
  ring.

(* ------------------------------------------------------------------ matrices *)

Transparent terms within count Sum power Kronecker update Derive ex_derive.

Lemma equal_entries : forall A B : R -> R -> R, (forall i j, A i j = B i j) -> A = B.
Proof. intros A B H. apply functional_extensionality; intro i. apply functional_extensionality; intro j. apply H. Qed.

Lemma matrix_inside : forall (r c : R) (x : R -> R -> R) (i j : R),
  within 1 r i -> within 1 c j -> matrix r c x i j = x i j.
Proof. intros r c x i j Hi Hj. unfold matrix. destruct (within_dec 1 r i), (within_dec 1 c j); tauto. Qed.

Lemma one_within : within 1 1 1.
Proof. apply first_within. lra. Qed.

Lemma one_only : forall j : R, within 1 1 j -> j = 1.
Proof. intros j H. apply within_bounds in H. lra. Qed.

Lemma column_inside : forall (n : R) (v : R -> R) (i : R), within 1 n i -> column n v i 1 = v i.
Proof. intros n v i H. exact (matrix_inside n 1 (fun i _ => v i) i 1 H one_within). Qed.

Lemma Sum_exchange : forall (a b c d : R) (f : R -> R -> R),
  Sum a b (fun i => Sum c d (fun j => f i j)) = Sum c d (fun j => Sum a b (fun i => f i j)).
Proof.
  intros a b c d f. unfold Sum. generalize (terms a b) as k. induction k; simpl.
  - symmetry. apply sum_of_0.
  - rewrite IHk. symmetry. apply (sum_of_plus _ (fun p => sum_of k (fun q => f (a + INR q) (c + INR p)))).
Qed.

(* Where the entries are. *)
Lemma sized_matrix : forall (r c : R) (x : R -> R -> R), sized r c (matrix r c x).
Proof. intros r c x i j H. unfold matrix. destruct (within_dec 1 r i), (within_dec 1 c j); tauto. Qed.
Lemma sized_column : forall (n : R) (v : R -> R), sized n 1 (column n v).
Proof. intros n v. apply sized_matrix. Qed.
Lemma sized_sum : forall (r c : R) (A B : R -> R -> R), sized r c A -> sized r c B -> sized r c (mat_sum A B).
Proof. intros r c A B HA HB i j H. unfold mat_sum. rewrite (HA i j H), (HB i j H). ring. Qed.
Lemma sized_scale : forall (r c a : R) (A : R -> R -> R), sized r c A -> sized r c (mat_scale a A).
Proof. intros r c a A HA i j H. unfold mat_scale. rewrite (HA i j H). ring. Qed.
Lemma sized_transpose : forall (r c : R) (A : R -> R -> R), sized r c A -> sized c r (transpose A).
Proof. intros r c A HA i j H. apply HA. tauto. Qed.
Lemma sized_product : forall (r m c : R) (A B : R -> R -> R),
  sized r m A -> sized m c B -> sized r c (mat_product m A B).
Proof.
  intros r m c A B HA HB i j H. unfold mat_product. rewrite (Sum_ext _ _ _ (fun _ => 0)); [apply Sum_0 |].
  intros k _. destruct (within_dec 1 r i) as [Hi |].
  - rewrite (HB k j) by tauto. ring.
  - rewrite (HA i k) by tauto. ring.
Qed.

Lemma matrix_of_sized : forall (r c : R) (A : R -> R -> R), sized r c A -> matrix r c A = A.
Proof.
  intros r c A H. apply equal_entries; intros i j. unfold matrix.
  destruct (within_dec 1 r i), (within_dec 1 c j); try reflexivity; symmetry; apply H; tauto.
Qed.

(* Equal matrices have equal entries in their rows and columns. *)
Lemma equal_sized : forall (r c : R) (A B : R -> R -> R), sized r c A -> sized r c B ->
  (forall i j, within 1 r i -> within 1 c j -> A i j = B i j) -> A = B.
Proof.
  intros r c A B HA HB H. apply equal_entries; intros i j.
  destruct (within_dec 1 r i), (within_dec 1 c j); try (apply H; assumption); rewrite HA, HB; tauto.
Qed.

(* The laws of matrix algebra, entry by entry. *)
Lemma product_assoc : forall (m k : R) (A B C : R -> R -> R),
  mat_product m A (mat_product k B C) = mat_product k (mat_product m A B) C.
Proof.
  intros m k A B C. apply equal_entries; intros i j. unfold mat_product.
  transitivity (Sum 1 m (fun p => Sum 1 k (fun q => A i p * B p q * C q j))).
  - apply Sum_ext; intros p _. rewrite <- Sum_scal. apply Sum_ext; intros; ring.
  - rewrite Sum_exchange. apply Sum_ext; intros q _. rewrite Rmult_comm, <- Sum_scal. apply Sum_ext; intros; ring.
Qed.
Lemma product_sum_left : forall (m : R) (A B C : R -> R -> R),
  mat_product m (mat_sum A B) C = mat_sum (mat_product m A C) (mat_product m B C).
Proof.
  intros m A B C. apply equal_entries; intros i j. unfold mat_product, mat_sum.
  rewrite <- Sum_plus. apply Sum_ext; intros; ring.
Qed.
Lemma product_sum_right : forall (m : R) (A B C : R -> R -> R),
  mat_product m A (mat_sum B C) = mat_sum (mat_product m A B) (mat_product m A C).
Proof.
  intros m A B C. apply equal_entries; intros i j. unfold mat_product, mat_sum.
  rewrite <- Sum_plus. apply Sum_ext; intros; ring.
Qed.
Lemma product_scale_left : forall (m a : R) (A B : R -> R -> R),
  mat_product m (mat_scale a A) B = mat_scale a (mat_product m A B).
Proof.
  intros m a A B. apply equal_entries; intros i j. unfold mat_product, mat_scale.
  rewrite <- Sum_scal. apply Sum_ext; intros; ring.
Qed.
Lemma product_scale_right : forall (m a : R) (A B : R -> R -> R),
  mat_product m A (mat_scale a B) = mat_scale a (mat_product m A B).
Proof.
  intros m a A B. apply equal_entries; intros i j. unfold mat_product, mat_scale.
  rewrite <- Sum_scal. apply Sum_ext; intros; ring.
Qed.
Lemma scale_sum : forall (a : R) (A B : R -> R -> R),
  mat_scale a (mat_sum A B) = mat_sum (mat_scale a A) (mat_scale a B).
Proof. intros a A B. apply equal_entries; intros i j. unfold mat_scale, mat_sum. ring. Qed.
Lemma scale_scale : forall (a b : R) (A : R -> R -> R), mat_scale a (mat_scale b A) = mat_scale (a * b) A.
Proof. intros a b A. apply equal_entries; intros i j. unfold mat_scale. ring. Qed.
Lemma transpose_transpose : forall A : R -> R -> R, transpose (transpose A) = A.
Proof. reflexivity. Qed.
Lemma transpose_sum : forall A B : R -> R -> R, transpose (mat_sum A B) = mat_sum (transpose A) (transpose B).
Proof. reflexivity. Qed.
Lemma transpose_scale : forall (a : R) (A : R -> R -> R), transpose (mat_scale a A) = mat_scale a (transpose A).
Proof. reflexivity. Qed.
Lemma transpose_product : forall (m : R) (A B : R -> R -> R),
  transpose (mat_product m A B) = mat_product m (transpose B) (transpose A).
Proof.
  intros m A B. apply equal_entries; intros i j. unfold transpose, mat_product. apply Sum_ext; intros; ring.
Qed.
Lemma entry_of_sum : forall (A B : R -> R -> R) (i j : R), mat_sum A B i j = A i j + B i j.
Proof. reflexivity. Qed.
Lemma entry_of_scale : forall (a : R) (A : R -> R -> R) (i j : R), mat_scale a A i j = a * A i j.
Proof. reflexivity. Qed.
Lemma same_form_transposed : forall A : R -> R -> R, A 1 1 = transpose A 1 1.
Proof. reflexivity. Qed.
Lemma sum_of_squares_is : forall (n : R) (A : R -> R -> R), sum_of_squares n A = mat_product n (transpose A) A 1 1.
Proof. intros n A. apply Sum_ext; intros i _. rewrite power_2. reflexivity. Qed.

Lemma Kronecker_left : forall (n i : R) (f : R -> R), within 1 n i -> Sum 1 n (fun k => Kronecker i k * f k) = f i.
Proof.
  intros n i f Hi. rewrite (Sum_of_one_term 1 n i) by (exact Hi || (intros k _ H; unfold Kronecker;
    destruct (Req_EM_T i k); [subst; contradiction | ring])).
  unfold Kronecker. destruct (Req_EM_T i i); [ring | contradiction].
Qed.
Lemma sized_identity : forall n : R, sized n n (identity n).
Proof. intros n. apply sized_matrix. Qed.
Lemma transpose_identity : forall n : R, transpose (identity n) = identity n.
Proof.
  intros n. apply equal_entries; intros i j. unfold transpose, identity, matrix, Kronecker.
  destruct (within_dec 1 n i), (within_dec 1 n j), (Req_EM_T i j), (Req_EM_T j i); congruence.
Qed.
Lemma identity_left : forall (n c : R) (A : R -> R -> R), sized n c A -> mat_product n (identity n) A = A.
Proof.
  intros n c A HA. apply (equal_sized n c); [exact (sized_product n n c _ _ (sized_identity n) HA) | exact HA |].
  intros i j Hi _. unfold mat_product. rewrite <- (Kronecker_left n i (fun k => A k j)) by exact Hi.
  apply Sum_ext; intros k Hk. unfold identity. rewrite matrix_inside by assumption. reflexivity.
Qed.
Lemma identity_right : forall (n r : R) (A : R -> R -> R), sized r n A -> mat_product n A (identity n) = A.
Proof.
  intros n r A HA. change (transpose (transpose (mat_product n A (identity n))) = A).
  rewrite transpose_product, transpose_identity, (identity_left n r); [reflexivity | apply sized_transpose, HA].
Qed.

(* The inverse. *)
Lemma one_inverse : forall (n : R) (A B C : R -> R -> R), are_inverse n A B -> are_inverse n A C -> B = C.
Proof.
  intros n A B C [HB [_ BA]] [HC [AC _]].
  rewrite <- (identity_right n n B HB), <- AC, product_assoc, BA. apply (identity_left n n C HC).
Qed.
Lemma inverse_is : forall (n : R) (A B : R -> R -> R), are_inverse n A B -> inverse n A = B.
Proof.
  intros n A B H. apply equal_entries; intros i j. unfold inverse.
  rewrite (Lub_Rbar_eqset _ (fun a => a = B i j)).
  - rewrite (is_lub_Rbar_unique _ (Finite (B i j))); [reflexivity |].
    split; [intros a ->; apply Rle_refl | intros b Hb; exact (Hb (B i j) eq_refl)].
  - intros a. split; [intros [C [HC ->]]; rewrite (one_inverse n A B C H HC); reflexivity | intros ->; exists B; auto].
Qed.
Lemma inverse_exists : forall (n : R) (A : R -> R -> R), invertible n A -> are_inverse n A (inverse n A).
Proof. intros n A [_ [B H]]. rewrite (inverse_is n A B H). exact H. Qed.
Lemma sized_inverse : forall (n : R) (A : R -> R -> R), invertible n A -> sized n n (inverse n A).
Proof. intros n A H. apply (inverse_exists n A H). Qed.
Lemma inverse_left : forall (n : R) (A : R -> R -> R), invertible n A -> mat_product n (inverse n A) A = identity n.
Proof. intros n A H. apply (inverse_exists n A H). Qed.
Lemma inverse_right : forall (n : R) (A : R -> R -> R), invertible n A -> mat_product n A (inverse n A) = identity n.
Proof. intros n A H. apply (inverse_exists n A H). Qed.
Lemma transpose_inverse : forall (n : R) (A : R -> R -> R),
  invertible n A -> transpose (inverse n A) = inverse n (transpose A).
Proof.
  intros n A H. symmetry. apply inverse_is. split; [apply sized_transpose, sized_inverse, H |].
  rewrite <- !transpose_product, inverse_left, inverse_right, transpose_identity by exact H. split; reflexivity.
Qed.
Lemma symmetric_transpose : forall (n : R) (A : R -> R -> R), symmetric n A -> transpose A = A.
Proof. intros n A [_ H]. exact H. Qed.
Lemma symmetric_inverse : forall (n : R) (A : R -> R -> R), invertible n A -> symmetric n A -> symmetric n (inverse n A).
Proof.
  intros n A H [_ S]. split; [apply sized_inverse, H |]. rewrite transpose_inverse by exact H. rewrite S. reflexivity.
Qed.

(* Fewer equations than unknowns have a solution that is not zero; q0 is left out of the unknowns. *)
Lemma sum_of_skip : forall (k q0 : nat) (f : nat -> R), (q0 <= k)%nat ->
  sum_of (S k) f = f q0 + sum_of k (fun q => f (skip q0 q)).
Proof.
  induction k; intros q0 f H; [replace q0 with 0%nat by lia; simpl; ring |].
  destruct (Nat.eq_dec q0 (S k)) as [-> | E].
  - change (sum_of (S (S k)) f) with (sum_of (S k) f + f (S k)).
    rewrite (sum_of_ext (S k) (fun q => f (skip (S k) q)) f); [ring |].
    intros q Hq. unfold skip. apply Nat.ltb_lt in Hq. rewrite Hq. reflexivity.
  - change (sum_of (S (S k)) f) with (sum_of (S k) f + f (S k)). rewrite (IHk q0 f) by lia. simpl.
    unfold skip at 3. replace (k <? q0)%nat with false; [ring |]. symmetry. apply Nat.ltb_ge. lia.
Qed.
Lemma more_unknowns : forall (k : nat) (a : nat -> nat -> R), exists v : nat -> R,
  (exists q, (q < S k)%nat /\ v q <> 0) /\ forall p, (p < k)%nat -> sum_of (S k) (fun q => a p q * v q) = 0.
Proof.
  induction k; intros a; [exists (fun _ => 1); split; [exists 0%nat; split; [lia | lra] | lia] |].
  destruct (classic (exists q0, (q0 <= S k)%nat /\ a k q0 <> 0)) as [[q0 [Hq0 pivot]] | none].
  - destruct (IHk (fun p q => a p (skip q0 q) - a p q0 / a k q0 * a k (skip q0 q))) as [v [[q [Hq vq]] Hv]].
    set (t := - sum_of (S k) (fun q => a k (skip q0 q) * v q) / a k q0).
    set (w := fun q => if Nat.eq_dec q q0 then t else v (if (q <? q0)%nat then q else pred q)).
    assert (w q0 = t) as E by (unfold w; destruct (Nat.eq_dec q0 q0); [reflexivity | contradiction]).
    assert (forall q, w (skip q0 q) = v q) as F.
    { intros p. unfold w, skip. destruct (p <? q0)%nat eqn:L.
      - apply Nat.ltb_lt in L. destruct (Nat.eq_dec p q0); [lia |]. apply Nat.ltb_lt in L. rewrite L. reflexivity.
      - apply Nat.ltb_ge in L. destruct (Nat.eq_dec (S p) q0); [lia |].
        replace (S p <? q0)%nat with false by (symmetry; apply Nat.ltb_ge; lia). reflexivity. }
    assert (forall p, sum_of (S (S k)) (fun q => a p q * w q) = a p q0 * t + sum_of (S k) (fun q => a p (skip q0 q) * v q)) as G.
    { intros p. rewrite (sum_of_skip (S k) q0) by exact Hq0. rewrite E. f_equal.
      apply sum_of_ext; intros; rewrite F; reflexivity. }
    exists w. split; [exists (skip q0 q); rewrite F; split; [unfold skip; destruct (q <? q0)%nat; lia | exact vq] |].
    intros p Hp. rewrite G. destruct (Nat.eq_dec p k) as [-> | Hpk].
    + unfold t. field. exact pivot.
    + specialize (Hv p ltac:(lia)). rewrite (sum_of_ext _ _ (fun q => a p (skip q0 q) * v q +
        (- (a p q0 / a k q0)) * (a k (skip q0 q) * v q))) in Hv by (intros; ring).
      rewrite sum_of_plus, sum_of_scal in Hv. unfold t. rewrite <- Hv at 1. field. exact pivot.
  - destruct (IHk a) as [v [[q [Hq vq]] Hv]].
    set (w := fun q => if Nat.eq_dec q (S k) then 0 else v q).
    assert (forall q, (q < S k)%nat -> w q = v q) as F by (intros p Hp; unfold w; destruct (Nat.eq_dec p (S k)); [lia | reflexivity]).
    exists w. split; [exists q; rewrite F by exact Hq; split; [lia | exact vq] |].
    intros p Hp. destruct (Nat.eq_dec p k) as [-> | Hpk].
    + rewrite (sum_of_ext _ _ (fun _ => 0)); [apply sum_of_0 |]. intros r Hr.
      destruct (Req_EM_T (a k r) 0) as [Z | Z]; [rewrite Z; ring | exfalso; apply none; exists r; split; [lia | exact Z]].
    + change (sum_of (S k) (fun r => a p r * w r) + a p (S k) * w (S k) = 0).
      rewrite (sum_of_ext _ _ (fun r => a p r * v r)) by (intros; rewrite F; [reflexivity | assumption]).
      rewrite Hv by lia. unfold w. destruct (Nat.eq_dec (S k) (S k)); [ring | contradiction].
Qed.

(* As many equations as unknowns that only zero solves without a right side can be solved with one. *)
Lemma solvable : forall (k : nat) (a : nat -> nat -> R),
  (forall v, (forall p, (p < k)%nat -> sum_of k (fun q => a p q * v q) = 0) -> forall q, (q < k)%nat -> v q = 0) ->
  forall b : nat -> R, exists v, forall p, (p < k)%nat -> sum_of k (fun q => a p q * v q) = b p.
Proof.
  intros k a only_zero b.
  destruct (more_unknowns k (fun p q => if Nat.eq_dec q k then - b p else a p q)) as [v [[q [Hq vq]] Hv]].
  assert (forall p, (p < k)%nat -> sum_of k (fun r => a p r * v r) = b p * v k) as E.
  { intros p Hp. specialize (Hv p Hp). simpl in Hv. destruct (Nat.eq_dec k k); [| contradiction].
    rewrite (sum_of_ext _ _ (fun r => a p r * v r)) in Hv; [lra |].
    intros r Hr. destruct (Nat.eq_dec r k); [lia | reflexivity]. }
  assert (v k <> 0) as N.
  { intros Z. apply vq. destruct (Nat.eq_dec q k) as [-> | ]; [exact Z |].
    apply only_zero; [| lia]. intros p Hp. rewrite E, Z by exact Hp. ring. }
  exists (fun r => / v k * v r). intros p Hp.
  rewrite (sum_of_ext _ _ (fun r => / v k * (a p r * v r))) by (intros; ring).
  rewrite sum_of_scal, E by exact Hp. field. exact N.
Qed.
Lemma chosen : forall (T : Type) (t : T) (k : nat) (P : nat -> T -> Prop),
  (forall p, (p < k)%nat -> exists v, P p v) -> exists f, forall p, (p < k)%nat -> P p (f p).
Proof.
  intros T t k P. induction k; intros H; [exists (fun _ => t); lia |].
  destruct IHk as [f F]; [intros; apply H; lia |]. destruct (H k) as [v V]; [lia |].
  exists (fun p => if Nat.eq_dec p k then v else f p). intros p Hp.
  destruct (Nat.eq_dec p k) as [-> |]; [exact V | apply F; lia].
Qed.

(* Positions as natural numbers. *)
Definition place (i : R) : nat := Z.to_nat (Int_part (i - 1)).
Lemma place_is : forall p : nat, place (1 + INR p) = p.
Proof.
  intros p. unfold place. replace (1 + INR p - 1) with (IZR (Z.of_nat p)) by (rewrite <- INR_IZR_INZ; ring).
  rewrite Int_part_IZR. apply Nat2Z.id.
Qed.
Lemma place_within : forall (k p : nat), (p < k)%nat -> within 1 (INR k) (1 + INR p).
Proof. intros k p H. exists p. rewrite terms_count. split; [exact H | reflexivity]. Qed.
Lemma within_place : forall (k : nat) (i : R), within 1 (INR k) i -> (place i < k)%nat /\ i = 1 + INR (place i).
Proof. intros k i [p [Hp ->]]. rewrite terms_count in Hp. rewrite place_is. split; [exact Hp | reflexivity]. Qed.
Lemma Sum_places : forall (k : nat) (f : R -> R), Sum 1 (INR k) f = sum_of k (fun p => f (1 + INR p)).
Proof. intros k f. unfold Sum. rewrite terms_count. reflexivity. Qed.

Lemma full_rank_right_inverse : forall (n : R) (A : R -> R -> R), count n -> sized n n A -> full_column_rank n A ->
  exists B, sized n n B /\ mat_product n A B = identity n.
Proof.
  intros n A [k ->] HA rank.
  destruct (chosen (nat -> R) (fun _ => 0) k (fun r (v : nat -> R) => forall p, (p < k)%nat ->
    sum_of k (fun q => A (1 + INR p) (1 + INR q) * v q) = Kronecker (1 + INR p) (1 + INR r))) as [f F].
  { intros r Hr. apply solvable. intros v Hv q Hq.
    pose proof (rank (column (INR k) (fun i => v (place i))) (sized_column _ _)) as Z.
    rewrite <- (place_is q), <- (column_inside (INR k) (fun i => v (place i))) by (apply place_within, Hq).
    rewrite Z; [reflexivity |]. apply (equal_sized (INR k) 1);
      [exact (sized_product _ _ _ _ _ HA (sized_column _ _)) | intros i j _; reflexivity |].
    intros i j Hi Hj. apply one_only in Hj. subst j. destruct (within_place _ _ Hi) as [Hp E].
    unfold mat_product. rewrite Sum_places, E. unfold no_entries. rewrite <- (Hv _ Hp).
    apply sum_of_ext. intros p Hp'. rewrite column_inside by (apply place_within, Hp'). rewrite place_is. reflexivity. }
  exists (matrix (INR k) (INR k) (fun i j => f (place j) (place i))). split; [apply sized_matrix |].
  apply (equal_sized (INR k) (INR k));
    [exact (sized_product _ _ _ _ _ HA (sized_matrix _ _ _)) | apply sized_identity |].
  intros i j Hi Hj. unfold identity. rewrite matrix_inside by assumption.
  destruct (within_place _ _ Hi) as [Hp E], (within_place _ _ Hj) as [Hq G].
  rewrite E, G at 2. rewrite <- (F _ Hq _ Hp). unfold mat_product. rewrite Sum_places.
  apply sum_of_ext. intros p Hp'. rewrite matrix_inside by (exact Hj || apply place_within, Hp').
  rewrite place_is, <- E. reflexivity.
Qed.

Lemma full_rank_columns : forall (n c : R) (A C : R -> R -> R), full_column_rank n A -> sized n c C ->
  mat_product n A C = no_entries -> C = no_entries.
Proof.
  intros n c A C rank HC H. apply equal_entries; intros i j.
  destruct (within_dec 1 n i) as [Hi |]; [| apply HC; tauto].
  rewrite <- (column_inside n (fun k => C k j) i Hi), (rank (column n (fun k => C k j)));
    [reflexivity | apply sized_column |].
  apply equal_entries; intros p q. destruct (within_dec 1 1 q) as [Hq | Hq].
  - apply one_only in Hq. subst q. transitivity (mat_product n A C p j); [| rewrite H; reflexivity].
    apply Sum_ext. intros k Hk. rewrite column_inside by exact Hk. reflexivity.
  - unfold mat_product. rewrite (Sum_ext _ _ _ (fun _ => 0)); [apply Sum_0 |]. intros k _.
    rewrite sized_column by tauto. ring.
Qed.
Lemma full_rank_invertible : forall (n : R) (A : R -> R -> R),
  count n -> sized n n A -> full_column_rank n A -> invertible n A.
Proof.
  intros n A Hn HA rank. split; [exact HA |].
  destruct (full_rank_right_inverse n A Hn HA rank) as [B [HB AB]]. exists B. split; [exact HB | split; [exact AB |]].
  assert (mat_sum (mat_product n B A) (mat_scale (-1) (identity n)) = no_entries) as E.
  { apply (full_rank_columns n n A); [exact rank |
      apply sized_sum; [exact (sized_product _ _ _ _ _ HB HA) | apply sized_scale, sized_identity] |].
    rewrite product_sum_right, product_scale_right, product_assoc, AB, (identity_left n n A HA), (identity_right n n A HA).
    apply equal_entries; intros i j. unfold mat_sum, mat_scale, no_entries. ring. }
  apply equal_entries; intros i j. pose proof (f_equal (fun C => C i j) E) as Z. cbv beta in Z.
  unfold mat_sum, mat_scale, no_entries in Z. lra.
Qed.

(* Positive definite matrices. *)
Lemma nonzero_or_none : forall (r c : R) (A : R -> R -> R), sized r c A -> nonzero_matrix r c A \/ A = no_entries.
Proof.
  intros r c A H. destruct (classic (exists i j, A i j <> 0)) as [N | N]; [left; split; assumption | right].
  apply equal_entries; intros i j. apply NNPP. intros Z. apply N. exists i, j. exact Z.
Qed.
Lemma no_entries_not_nonzero : forall r c : R, nonzero_matrix r c no_entries -> False.
Proof. intros r c [_ [i [j H]]]. apply H. reflexivity. Qed.
Lemma product_no_entries : forall (m : R) (A : R -> R -> R), mat_product m A no_entries = no_entries.
Proof.
  intros m A. apply equal_entries; intros i j. unfold mat_product, no_entries.
  rewrite (Sum_ext _ _ _ (fun _ => 0)) by (intros; ring). apply Sum_0.
Qed.
Lemma nonzero_product : forall (r d c : R) (X v : R -> R -> R), sized r d X -> full_column_rank d X ->
  nonzero_matrix d c v -> nonzero_matrix r c (mat_product d X v).
Proof.
  intros r d c X v HX rank N. destruct (nonzero_or_none r c (mat_product d X v)) as [H | H]; [| exact H |].
  - apply (sized_product r d c); [exact HX | apply N].
  - apply (full_rank_columns d c) in H; [| exact rank | apply N]. subst v. destruct (no_entries_not_nonzero _ _ N).
Qed.
Lemma sum_of_squares_nonnegative : forall (n : R) (v : R -> R -> R), 0 <= sum_of_squares n v.
Proof. intros n v. apply Sum_nonnegative. intros. apply power_2_nonnegative. Qed.
Lemma sum_of_squares_positive : forall (n : R) (v : R -> R -> R), nonzero_matrix n 1 v -> 0 < sum_of_squares n v.
Proof.
  intros n v [Hv [i [j N]]].
  destruct (within_dec 1 n i) as [Hi |]; [| exfalso; apply N, Hv; tauto].
  destruct (within_dec 1 1 j) as [Hj |]; [| exfalso; apply N, Hv; tauto]. apply one_only in Hj. subst j.
  unfold sum_of_squares. rewrite (Sum_split 1 n i) by exact Hi. apply Rplus_lt_le_0_compat; [apply power_2_positive, N |].
  apply Sum_nonnegative. intros k _. destruct (Req_EM_T k i); [apply Rle_refl | apply power_2_nonnegative].
Qed.
Lemma definite_full_rank : forall (n : R) (S : R -> R -> R), positive_definite n S -> full_column_rank n S.
Proof.
  intros n S [_ P] v Hv Z. destruct (nonzero_or_none n 1 v Hv) as [N |]; [| assumption].
  specialize (P v N). rewrite <- product_assoc, Z, product_no_entries in P. unfold no_entries in P. lra.
Qed.
Lemma definite_invertible : forall (n : R) (S : R -> R -> R), count n -> positive_definite n S -> invertible n S.
Proof. intros n S Hn P. apply full_rank_invertible; [exact Hn | apply P | apply definite_full_rank, P]. Qed.
Lemma invertible_full_rank : forall (n : R) (A : R -> R -> R), invertible n A -> full_column_rank n A.
Proof.
  intros n A [_ [B [_ [_ BA]]]] v Hv Z.
  rewrite <- (identity_left n 1 v Hv), <- BA, <- product_assoc, Z. apply product_no_entries.
Qed.
Lemma inverse_invertible : forall (n : R) (A : R -> R -> R), invertible n A -> invertible n (inverse n A).
Proof.
  intros n A H. split; [apply sized_inverse, H |]. exists A.
  split; [apply H | split; [apply inverse_left, H | apply inverse_right, H]].
Qed.
Lemma definite_inverse : forall (n : R) (S : R -> R -> R),
  count n -> positive_definite n S -> positive_definite n (inverse n S).
Proof.
  intros n S Hn P. pose proof (definite_invertible n S Hn P) as I.
  split; [apply symmetric_inverse; [exact I | apply P] |]. intros v N.
  pose proof (nonzero_product n n 1 _ v (sized_inverse n S I) (invertible_full_rank _ _ (inverse_invertible _ _ I)) N) as M.
  apply (proj2 P) in M. rewrite transpose_product, (symmetric_transpose n (inverse n S)) in M;
    [| apply symmetric_inverse; [exact I | apply P]].
  rewrite product_assoc, <- (product_assoc n n _ _ S), inverse_left, (identity_right n 1) in M;
    [exact M | apply sized_transpose, N | exact I].
Qed.
Lemma congruence_definite : forall (n d : R) (S X : R -> R -> R), positive_definite n S -> sized n d X ->
  full_column_rank d X -> positive_definite d (mat_product n (mat_product n (transpose X) S) X).
Proof.
  intros n d S X P HX rank. split; [split |].
  - apply (sized_product d n d); [apply (sized_product d n n) |]; [apply sized_transpose, HX | apply P | exact HX].
  - rewrite !transpose_product, transpose_transpose, (symmetric_transpose n S) by apply P. apply product_assoc.
  - intros v N. pose proof (proj2 P _ (nonzero_product n d 1 X v HX rank N)) as M.
    rewrite transpose_product in M. rewrite !product_assoc in *. exact M.
Qed.
Lemma identity_definite : forall n : R, positive_definite n (identity n).
Proof.
  intros n. split; [split; [apply sized_identity | apply transpose_identity] |]. intros v N.
  rewrite (identity_right n 1), <- sum_of_squares_is by (apply sized_transpose, N). apply sum_of_squares_positive, N.
Qed.
Lemma gram_definite : forall (n d : R) (X : R -> R -> R), sized n d X ->
  full_column_rank d X -> positive_definite d (mat_product n (transpose X) X).
Proof.
  intros n d X HX rank. pose proof (congruence_definite n d _ X (identity_definite n) HX rank) as P.
  rewrite (identity_right n d) in P by (apply sized_transpose, HX). exact P.
Qed.
Lemma form_nonnegative : forall (n : R) (S v : R -> R -> R), positive_definite n S -> sized n 1 v ->
  0 <= mat_product n (mat_product n (transpose v) S) v 1 1.
Proof.
  intros n S v P H. destruct (nonzero_or_none n 1 v H) as [N | ->]; [left; apply P, N |].
  rewrite product_no_entries. apply Rle_refl.
Qed.

(* The determinant: rows may be added to rows, so that of a positive definite matrix is positive. *)
Lemma determinant_of_rows : forall (k : nat) (M : nat -> nat -> R), determinant_of (S k) M =
  sum_of (S k) (fun q => (-1) ^ q * M 0%nat q * determinant_of k (fun i j => M (S i) (skip q j))).
Proof. reflexivity. Qed.
Lemma determinant_of_ext : forall (k : nat) (M N : nat -> nat -> R),
  (forall p q, (p < k)%nat -> (q < k)%nat -> M p q = N p q) -> determinant_of k M = determinant_of k N.
Proof.
  induction k; intros M N H; [reflexivity |]. apply sum_of_ext. intros q Hq. rewrite (H 0%nat q) by lia. f_equal.
  apply IHk. intros i j Hi Hj. apply H; [lia | unfold skip; destruct (j <? q)%nat; lia].
Qed.
Definition put (i : nat) (u : nat -> R) (M : nat -> nat -> R) : nat -> nat -> R :=
  fun p q => if Nat.eq_dec p i then u q else M p q.
Lemma determinant_linear : forall (k i : nat) (c : R) (u v : nat -> R) (M : nat -> nat -> R), (i < k)%nat ->
  determinant_of k (put i (fun q => u q + c * v q) M) = determinant_of k (put i u M) + c * determinant_of k (put i v M).
Proof.
  induction k; intros i c u v M H; [lia |]. rewrite !determinant_of_rows, <- (sum_of_scal (S k)), <- (sum_of_plus (S k)).
  apply sum_of_ext. intros q _. destruct i as [| i].
  - assert (forall a, determinant_of k (fun p j => put 0 a M (S p) (skip q j)) =
      determinant_of k (fun p j => M (S p) (skip q j))) as E by reflexivity.
    assert (forall a, put 0 a M 0%nat q = a q) as F by reflexivity. rewrite !E, !F. ring.
  - assert (forall a, determinant_of k (fun p j => put (S i) a M (S p) (skip q j)) =
      determinant_of k (put i (fun j => a (skip q j)) (fun p j => M (S p) (skip q j)))) as E.
    { intros a. apply determinant_of_ext. intros p j _ _. unfold put.
      destruct (Nat.eq_dec (S p) (S i)), (Nat.eq_dec p i); lia || reflexivity. }
    assert (forall a, put (S i) a M 0%nat q = M 0%nat q) as F by reflexivity.
    rewrite !E, !F, (IHk i c (fun j => u (skip q j)) (fun j => v (skip q j))) by lia. ring.
Qed.
Lemma determinant_of_zero_column : forall (k : nat) (M : nat -> nat -> R),
  (forall p, (p <= k)%nat -> M p 0%nat = 0) -> determinant_of (S k) M = 0.
Proof.
  induction k; intros M H.
  - simpl. rewrite H by lia. ring.
  - rewrite determinant_of_rows, (sum_of_ext _ _ (fun _ => 0)); [apply sum_of_0 |]. intros [| q] _; [rewrite H by lia; ring |].
    rewrite IHk; [ring |]. intros p Hp. apply H. lia.
Qed.
Lemma sum_of_exchange : forall (k m : nat) (f : nat -> nat -> R),
  sum_of k (fun p => sum_of m (fun q => f p q)) = sum_of m (fun q => sum_of k (fun p => f p q)).
Proof.
  intros k m f. induction k; simpl; [symmetry; apply sum_of_0 |]. rewrite IHk. symmetry.
  apply (sum_of_plus m (fun q => sum_of k (fun p => f p q)) (fun q => f k q)).
Qed.
Lemma antisymmetric_sum : forall (k : nat) (f : nat -> nat -> R), (forall p q, f p q = - f q p) ->
  sum_of k (fun p => sum_of k (fun q => f p q)) = 0.
Proof.
  intros k f H. assert (sum_of k (fun p => sum_of k (fun q => f p q)) = -1 * sum_of k (fun p => sum_of k (fun q => f p q))); [| lra].
  rewrite sum_of_exchange at 1. rewrite <- sum_of_scal. apply sum_of_ext. intros p _.
  rewrite <- sum_of_scal. apply sum_of_ext. intros q _. rewrite H. ring.
Qed.
Lemma skip_below : forall q r : nat, (r < q)%nat -> skip q r = r.
Proof. intros q r H. unfold skip. destruct (Nat.ltb_spec r q); [reflexivity | lia]. Qed.
Lemma skip_above : forall q r : nat, (q <= r)%nat -> skip q r = S r.
Proof. intros q r H. unfold skip. destruct (Nat.ltb_spec r q); [lia | reflexivity]. Qed.
(* Without two columns, in either order. *)
Definition skip_both (q b j : nat) : nat := if (b <? q)%nat then skip q (skip b j) else skip q (skip (pred b) j).
Lemma skip_both_symmetric : forall q b j : nat, q <> b -> skip_both q b j = skip_both b q j.
Proof.
  intros q b j H. unfold skip_both, skip.
  repeat match goal with |- context [(?x <? ?y)%nat] => destruct (Nat.ltb_spec x y) end; lia.
Qed.
Lemma determinant_alternating_first : forall (k : nat) (M : nat -> nat -> R),
  (forall q, M 0%nat q = M 1%nat q) -> determinant_of (S (S k)) M = 0.
Proof.
  intros k M H.
  set (T := fun q b => (if (b <? q)%nat then 1 else if (q <? b)%nat then -1 else 0) * (-1) ^ (q + b) * M 0%nat q * M 0%nat b
    * determinant_of k (fun i j => M (S (S i)) (skip_both q b j))).
  transitivity (sum_of (S (S k)) (fun q => sum_of (S (S k)) (fun b => T q b))).
  - change (determinant_of (S (S k)) M) with (sum_of (S (S k)) (fun q => (-1) ^ q * M 0%nat q *
      sum_of (S k) (fun r => (-1) ^ r * M 1%nat (skip q r) * determinant_of k (fun i j => M (S (S i)) (skip q (skip r j)))))).
    apply sum_of_ext. intros q Hq. rewrite (sum_of_skip (S k) q) by lia. rewrite <- sum_of_scal.
    replace (T q q) with 0 by (unfold T; rewrite Nat.ltb_irrefl; ring). rewrite Rplus_0_l.
    apply sum_of_ext. intros r Hr. unfold T, skip_both. rewrite <- H. destruct (Nat.ltb_spec r q) as [L | L].
    + rewrite (skip_below q r L). destruct (Nat.ltb_spec r q); [| lia]. rewrite pow_add. ring.
    + rewrite (skip_above q r L). destruct (Nat.ltb_spec (S r) q), (Nat.ltb_spec q (S r)); try lia.
      rewrite pow_add. simpl pred. rewrite <- tech_pow_Rmult. ring.
  - apply antisymmetric_sum. intros q b. unfold T. destruct (Nat.eq_dec q b) as [-> | N]; [rewrite Nat.ltb_irrefl; ring |].
    rewrite (determinant_of_ext k (fun i j => M (S (S i)) (skip_both q b j)) (fun i j => M (S (S i)) (skip_both b q j)))
      by (intros; f_equal; apply skip_both_symmetric, N).
    rewrite (Nat.add_comm q b). destruct (Nat.ltb_spec b q), (Nat.ltb_spec q b); try lia; ring.
Qed.
Definition swap (i p : nat) : nat := if Nat.eq_dec p 0 then i else if Nat.eq_dec p i then 0%nat else p.
Lemma determinant_antisymmetric : forall k i : nat, (0 < i < k)%nat ->
  (forall M, (forall q, M 0%nat q = M i q) -> determinant_of k M = 0) ->
  forall M, determinant_of k M = - determinant_of k (fun p => M (swap i p)).
Proof.
  intros k i Hi A M. set (D := fun a b => determinant_of k (put 0 a (put i b M))).
  assert (forall a, D a a = 0) as same.
  { intros a. apply A. intros q. unfold put. destruct (Nat.eq_dec 0 0), (Nat.eq_dec i 0), (Nat.eq_dec i i); lia || reflexivity. }
  assert (forall a b c, D (fun q => a q + 1 * b q) c = D a c + 1 * D b c) as left by (intros; apply determinant_linear; lia).
  assert (forall a b, D a b = determinant_of k (put i b (put 0 a M))) as other.
  { intros a b. apply determinant_of_ext. intros p q _ _. unfold put. destruct (Nat.eq_dec p 0), (Nat.eq_dec p i); lia || reflexivity. }
  assert (forall a b c, D a (fun q => b q + 1 * c q) = D a b + 1 * D a c) as right.
  { intros a b c. rewrite !other. apply determinant_linear. lia. }
  assert (determinant_of k M = D (M 0%nat) (M i)) as E.
  { apply determinant_of_ext. intros p q _ _. unfold put. destruct (Nat.eq_dec p 0), (Nat.eq_dec p i); subst; reflexivity. }
  assert (determinant_of k (fun p => M (swap i p)) = D (M i) (M 0%nat)) as F.
  { apply determinant_of_ext. intros p q _ _. unfold put, swap. destruct (Nat.eq_dec p 0), (Nat.eq_dec p i); reflexivity. }
  pose proof (same (fun q => M 0%nat q + 1 * M i q)) as Z. rewrite left, !right, !same in Z. rewrite E, F. lra.
Qed.
Lemma determinant_alternating : forall (k i : nat) (M : nat -> nat -> R), (0 < i < k)%nat ->
  (forall q, M 0%nat q = M i q) -> determinant_of k M = 0.
Proof.
  induction k; intros i M Hi H; [lia |]. destruct i as [| [| i]]; [lia | |].
  - destruct k; [lia |]. apply determinant_alternating_first, H.
  - set (N := fun p => match p with O => M 0%nat | S p' => M (S (swap (S i) p')) end).
    transitivity (- determinant_of (S k) N).
    + replace (- determinant_of (S k) N) with (-1 * determinant_of (S k) N) by ring.
      rewrite !determinant_of_rows, <- (sum_of_scal (S k)). apply sum_of_ext. intros q _.
      rewrite (determinant_antisymmetric k (S i)); [| lia | intros L HL; apply (IHk (S i)); [lia | exact HL]].
      unfold N at 1. ring_simplify. f_equal.
    + destruct k; [lia |]. rewrite determinant_alternating_first; [ring |]. intros q. unfold N, swap. simpl. apply H.
Qed.
Lemma determinant_row_added : forall (k i : nat) (c : R) (M : nat -> nat -> R), (0 < i < k)%nat ->
  determinant_of k (put i (fun q => M i q + c * M 0%nat q) M) = determinant_of k M.
Proof.
  intros k i c M H. rewrite determinant_linear by lia. rewrite (determinant_alternating k i (put i (M 0%nat) M)) by
    (lia || (intros q; unfold put; destruct (Nat.eq_dec 0 i), (Nat.eq_dec i i); lia || reflexivity)).
  rewrite Rmult_0_r, Rplus_0_r. apply determinant_of_ext. intros p q _ _. unfold put.
  destruct (Nat.eq_dec p i); subst; reflexivity.
Qed.
Lemma determinant_rows_added : forall (k m : nat) (t : nat -> R) (M : nat -> nat -> R), (m <= k)%nat ->
  determinant_of (S k) (fun p q => M p q + (if Nat.eq_dec p 0 then 0 else if (p <=? m)%nat then t p else 0) * M 0%nat q) =
  determinant_of (S k) M.
Proof.
  induction m; intros t M H.
  - apply determinant_of_ext. intros p q _ _. destruct (Nat.eq_dec p 0); [ring |]. destruct (Nat.leb_spec p 0); [lia | ring].
  - rewrite <- (IHm t M) by lia. 
    set (N := fun p q => M p q + (if Nat.eq_dec p 0 then 0 else if (p <=? m)%nat then t p else 0) * M 0%nat q).
    rewrite <- (determinant_row_added (S k) (S m) (t (S m)) N) by lia. apply determinant_of_ext. intros p q _ _.
    unfold put, N. destruct (Nat.eq_dec p (S m)) as [-> | ].
    + destruct (Nat.eq_dec (S m) 0), (Nat.eq_dec 0 0), (Nat.leb_spec (S m) (S m)), (Nat.leb_spec (S m) m); try lia. ring.
    + destruct (Nat.eq_dec p 0), (Nat.leb_spec p (S m)), (Nat.leb_spec p m); try lia; ring.
Qed.
Lemma sum_of_first : forall (k : nat) (f : nat -> R), sum_of (S k) f = f 0%nat + sum_of k (fun q => f (S q)).
Proof. intros k f. rewrite (sum_of_skip k 0) by lia. reflexivity. Qed.
Lemma determinant_eliminated : forall (k : nat) (M : nat -> nat -> R), M 0%nat 0%nat <> 0 ->
  determinant_of (S k) M =
  M 0%nat 0%nat * determinant_of k (fun p q => M (S p) (S q) + - M (S p) 0%nat / M 0%nat 0%nat * M 0%nat (S q)).
Proof.
  intros k M H. rewrite <- (determinant_rows_added k k (fun p => - M p 0%nat / M 0%nat 0%nat) M) by lia.
  rewrite determinant_of_rows, (sum_of_first k), (sum_of_ext k _ (fun _ => 0)), sum_of_0.
  - destruct (Nat.eq_dec 0 0); [| contradiction]. rewrite pow_O, Rmult_0_l, !Rplus_0_r, Rmult_1_l. f_equal.
    apply determinant_of_ext. intros p q Hp _. destruct (Nat.eq_dec (S p) 0), (Nat.leb_spec (S p) k); reflexivity || lia.
  - intros q Hq. destruct k as [| k]; [lia |]. rewrite determinant_of_zero_column; [ring |].
    intros p Hp. destruct (Nat.eq_dec (S p) 0), (Nat.leb_spec (S p) (S k)); try lia. unfold skip. simpl. field. exact H.
Qed.
Definition form_of (k : nat) (M : nat -> nat -> R) (v : nat -> R) : R :=
  sum_of k (fun p => v p * sum_of k (fun q => M p q * v q)).
Lemma determinant_of_definite : forall (k : nat) (M : nat -> nat -> R),
  (forall v, (exists p, (p < k)%nat /\ v p <> 0) -> 0 < form_of k M v) -> 0 < determinant_of k M.
Proof.
  induction k; intros M H; [simpl; lra |].
  assert (forall v, form_of (S k) M v = v 0%nat * (M 0%nat 0%nat * v 0%nat + sum_of k (fun q => M 0%nat (S q) * v (S q)))
    + v 0%nat * sum_of k (fun p => v (S p) * M (S p) 0%nat)
    + sum_of k (fun p => v (S p) * sum_of k (fun q => M (S p) (S q) * v (S q)))) as E.
  { intros v. unfold form_of. rewrite !sum_of_first, Rplus_assoc. f_equal.
    rewrite <- sum_of_scal, <- sum_of_plus. apply sum_of_ext. intros p _. rewrite sum_of_first. ring. }
  assert (0 < M 0%nat 0%nat) as positive.
  { assert (forall f, (forall q, f q = 0) -> sum_of k f = 0) as Z.
    { intros f F. rewrite (sum_of_ext k f (fun _ => 0)) by auto. apply sum_of_0. }
    pose proof (H (fun p => match p with O => 1 | S _ => 0 end)) as P. rewrite E in P.
    rewrite (Z (fun q => M 0%nat (S q) * 0)), (Z (fun p => 0 * M (S p) 0%nat)),
      (Z (fun p => 0 * sum_of k (fun q => M (S p) (S q) * 0))) in P by (intros; ring).
    enough (0 < 1 * (M 0%nat 0%nat * 1 + 0) + 1 * 0 + 0) by lra. apply P. exists 0%nat. split; [lia | lra]. }
  rewrite determinant_eliminated by lra. apply Rmult_lt_0_compat; [exact positive |]. apply IHk.
  intros v [p [Hp N]]. set (b := sum_of k (fun q => M 0%nat (S q) * v q)).
  pose proof (H (fun q => match q with O => - b / M 0%nat 0%nat | S q => v q end)) as P.
  rewrite E in P. cbv beta iota in P. fold b in P.
  replace (form_of k _ v) with (- b / M 0%nat 0%nat * (M 0%nat 0%nat * (- b / M 0%nat 0%nat) + b)
    + - b / M 0%nat 0%nat * sum_of k (fun p => v p * M (S p) 0%nat)
    + sum_of k (fun p => v p * sum_of k (fun q => M (S p) (S q) * v q))).
  - apply P. exists (S p). split; [lia | exact N].
  - replace (M 0%nat 0%nat * (- b / M 0%nat 0%nat) + b) with 0 by (field; lra). rewrite Rmult_0_r, Rplus_0_l.
    rewrite <- sum_of_scal, <- sum_of_plus. apply sum_of_ext. intros r _.
    rewrite (sum_of_ext k (fun q => (M (S r) (S q) + - M (S r) 0%nat / M 0%nat 0%nat * M 0%nat (S q)) * v q)
      (fun q => M (S r) (S q) * v q + - M (S r) 0%nat / M 0%nat 0%nat * (M 0%nat (S q) * v q))) by (intros; ring).
    rewrite sum_of_plus, sum_of_scal. fold b. field. lra.
Qed.
Lemma determinant_positive : forall (n : R) (A : R -> R -> R), positive_definite n A -> 0 < determinant n A.
Proof.
  intros n A [_ P]. apply determinant_of_definite. intros v [p [Hp N]].
  assert (forall q, (q < terms 1 n)%nat -> column n (fun i => v (place i)) (1 + INR q) 1 = v q) as E.
  { intros q Hq. rewrite column_inside, place_is by (exists q; auto). reflexivity. }
  replace (form_of _ _ v) with (mat_product n (mat_product n (transpose (column n (fun i => v (place i)))) A)
    (column n (fun i => v (place i))) 1 1).
  - apply P. split; [apply sized_column |]. exists (1 + INR p), 1. rewrite E; assumption.
  - rewrite <- product_assoc. apply sum_of_ext. intros q Hq. unfold transpose. rewrite E by exact Hq. f_equal.
    apply sum_of_ext. intros r Hr. rewrite E by exact Hr. reflexivity.
Qed.

(* Gradients. *)
Lemma gradient_ext : forall (n : R) (u v : (R -> R) -> R) (w : R -> R),
  (forall w', u w' = v w') -> gradient n u w = gradient n v w.
Proof. intros n u v w H. f_equal. apply functional_extensionality, H. Qed.
Lemma sized_gradient : forall (n : R) (u : (R -> R) -> R) (w : R -> R), sized n 1 (gradient n u w).
Proof. intros. apply sized_column. Qed.
Lemma gradient_entries : forall (n : R) (u : (R -> R) -> R) (w : R -> R) (A : R -> R -> R), sized n 1 A ->
  (forall j, within 1 n j -> Derive (fun t => u (update w j t)) (w j) = A j 1) -> gradient n u w = A.
Proof.
  intros n u w A HA H. apply (equal_sized n 1); [apply sized_gradient | exact HA |].
  intros i j Hi Hj. apply one_only in Hj. subst j. unfold gradient. rewrite column_inside by exact Hi. apply H, Hi.
Qed.
Lemma gradient_entry : forall (n : R) (u : (R -> R) -> R) (w : R -> R) (j : R), within 1 n j ->
  gradient n u w j 1 = Derive (fun t => u (update w j t)) (w j).
Proof. intros n u w j H. unfold gradient. rewrite column_inside by exact H. reflexivity. Qed.
Lemma column_update : forall (n : R) (w : R -> R) (j t : R),
  column n (update w j t) = mat_sum (column n w) (mat_scale (t - w j) (column n (Kronecker j))).
Proof.
  intros n w j t. apply equal_entries; intros i k. unfold column, mat_sum, mat_scale, matrix, update, Kronecker.
  destruct (within_dec 1 n i), (within_dec 1 1 k), (Req_EM_T i j), (Req_EM_T j i); subst; try congruence; ring.
Qed.
Lemma row_of_product : forall (n j : R) (B : R -> R -> R), within 1 n j ->
  mat_product n (transpose (column n (Kronecker j))) B 1 1 = B j 1.
Proof.
  intros n j B H. rewrite <- (Kronecker_left n j (fun k => B k 1) H).
  apply Sum_ext; intros k Hk. unfold transpose. rewrite column_inside by exact Hk. reflexivity.
Qed.
Lemma Derive_around : forall a b c s : R, Derive (fun t => a + (t - s) * b + (t - s) * (t - s) * c) s = b.
Proof. intros a b c s. apply is_derive_unique. auto_derive; [exact I | ring]. Qed.
Lemma Derive_of_list : forall (l : list ((R -> R) -> R)) (w : R -> R) (j : R),
  (forall u, In u l -> ex_derive (fun t => u (update w j t)) (w j)) ->
  ex_derive (fun t => add_list (map (fun u => u (update w j t)) l)) (w j) /\
  Derive (fun t => add_list (map (fun u => u (update w j t)) l)) (w j) =
  add_list (map (fun u => Derive (fun t => u (update w j t)) (w j)) l).
Proof.
  intros [| first l] w j H; simpl; [split; [apply ex_derive_constant | apply Derive_const] |].
  assert (ex_derive (fun t => first (update w j t)) (w j)) as D by (apply H; left; reflexivity).
  revert D. change (Derive (fun t => first (update w j t)) (w j)) with (Derive ((fun a t => a (update w j t)) first) (w j)).
  change (ex_derive (fun t => first (update w j t)) (w j)) with (ex_derive ((fun a t => a (update w j t)) first) (w j)).
  change (fun t => fold_left Rplus (map (fun u => u (update w j t)) l) (first (update w j t)))
    with (fun t => fold_left Rplus (map (fun u => u (update w j t)) l) ((fun a t => a (update w j t)) first t)).
  assert (forall u, In u l -> ex_derive (fun t => u (update w j t)) (w j)) as G by (intros; apply H; right; assumption).
  clear H. generalize ((fun (a : (R -> R) -> R) t => a (update w j t)) first) as a. induction l as [| b l IH]; intros a D; simpl.
  - split; [exact D | reflexivity].
  - destruct (IH (fun u Hu => G u (or_intror Hu)) (fun t => a t + b (update w j t))) as [E F].
    + apply ex_derive_add; [exact D | apply G; left; reflexivity].
    + split; [exact E |]. rewrite F. f_equal.
      apply (Derive_plus a (fun t => b (update w j t))); [exact D | apply G; left; reflexivity].
Qed.
Lemma entry_of_list : forall (l : list (R -> R -> R)) (i j : R), mat_add_list l i j = add_list (map (fun A => A i j) l).
Proof.
  intros [| A l] i j; [reflexivity |]. simpl. change (A i j) with ((fun B : R -> R -> R => B i j) A).
  revert A. induction l as [| B l IH]; intros A; simpl; [reflexivity |]. rewrite IH. reflexivity.
Qed.

Lemma squared_norm : forall (a : R -> R -> R) (n : R), sum_of_squares n a = (mat_product n (transpose a) a) 1 1.
Proof. intros a n. apply sum_of_squares_is. Qed.

Lemma a_matrix_times_its_inverse : forall (A : R -> R -> R) (b : R -> R -> R) (n : R), (invertible n A) -> (sized n 1 b) -> mat_product n A (mat_product n (inverse n A) b) = b.
Proof. intros A b n H S. rewrite product_assoc, inverse_right by exact H. apply (identity_left n 1 b S). Qed.

Lemma gradient_of_a_sum : forall (n : R) (u : list ((R -> R) -> R)) (w : R -> R), (forall u_1, In u_1 u -> forall j, within 1 n j -> ex_derive (fun t => u_1 (update w j t)) (w j)) -> gradient n (fun w_1 => add_list (map (fun u_1 => u_1 w_1) u)) w = mat_add_list (map (fun u_1 => (gradient n (fun w_1 => u_1 w_1) w)) u).
Proof.
  intros n l w H. apply equal_entries; intros i k. rewrite entry_of_list, map_map.
  destruct (within_dec 1 n i) as [Hi | Hi]; [destruct (within_dec 1 1 k) as [Hk | Hk] |].
  - apply one_only in Hk. subst k. rewrite gradient_entry by exact Hi.
    destruct (Derive_of_list l w i) as [_ E]; [intros u Hu; apply (H u Hu i Hi) |]. rewrite E. f_equal.
    apply map_ext. intros u. symmetry. apply gradient_entry, Hi.
  - rewrite sized_gradient, (map_ext _ (fun _ => 0)) by (intros; apply sized_gradient; tauto) || tauto.
    clear. destruct l; [reflexivity |]. simpl. induction l; simpl; [reflexivity | rewrite Rplus_0_l; exact IHl].
  - rewrite sized_gradient, (map_ext _ (fun _ => 0)) by (intros; apply sized_gradient; tauto) || tauto.
    clear. destruct l; [reflexivity |]. simpl. induction l; simpl; [reflexivity | rewrite Rplus_0_l; exact IHl].
Qed.

Lemma a_constant_has_no_gradient : forall (c : R) (n : R) (u : (R -> R) -> R) (w : R -> R), (forall j, within 1 n j -> ex_derive (fun t => u (update w j t)) (w j)) -> gradient n (fun w_1 => c + u w_1) w = gradient n (fun w_1 => u w_1) w.
Proof.
  intros c n u w H. apply gradient_entries; [apply sized_gradient |]. intros j Hj. rewrite gradient_entry by exact Hj.
  rewrite (Derive_plus (fun _ => c) (fun t => u (update w j t)));
    [rewrite Derive_const; apply Rplus_0_l | apply ex_derive_constant | apply H, Hj].
Qed.

Lemma gradient_of_a_multiple : forall (c : R) (n : R) (u : (R -> R) -> R) (w : R -> R), (forall j, within 1 n j -> ex_derive (fun t => u (update w j t)) (w j)) -> gradient n (fun w_1 => c * u w_1) w = mat_scale c (gradient n (fun w_1 => u w_1) w).
Proof.
  intros c n u w H. apply gradient_entries; [apply sized_scale, sized_gradient |]. intros j Hj.
  rewrite entry_of_scale, gradient_entry by exact Hj. apply Derive_scal.
Qed.

Lemma gradient_of_a_linear_form : forall (b : R -> R -> R) (n : R) (w : R -> R), (sized n 1 b) -> (forall j, within 1 n j -> ex_derive (fun t => (mat_product n (transpose (column n (update w j t))) b) 1 1) (w j)) -> gradient n (fun w_1 => (mat_product n (transpose (column n w_1)) b) 1 1) w = b.
Proof.
  intros b n w Hb _. apply gradient_entries; [exact Hb |]. intros j Hj.
  rewrite (Derive_ext _ (fun t => mat_product n (transpose (column n w)) b 1 1 + (t - w j) * b j 1 + (t - w j) * (t - w j) * 0)).
  - apply Derive_around.
  - intros t. rewrite column_update, transpose_sum, transpose_scale, product_sum_left, product_scale_left.
    rewrite entry_of_sum, entry_of_scale, row_of_product by exact Hj. ring.
Qed.

Lemma gradient_of_a_quadratic_form : forall (A : R -> R -> R) (n : R) (w : R -> R), (symmetric n A) -> (forall j, within 1 n j -> ex_derive (fun t => (mat_product n (mat_product n (transpose (column n (update w j t))) A) (column n (update w j t))) 1 1) (w j)) -> gradient n (fun w_1 => (mat_product n (mat_product n (transpose (column n w_1)) A) (column n w_1)) 1 1) w = mat_scale 2 (mat_product n A (column n w)).
Proof.
  intros A n w [HA S] _. apply gradient_entries; [exact (sized_scale n 1 2 _ (sized_product n n 1 _ _ HA (sized_column n w))) |].
  intros j Hj. set (e := column n (Kronecker j)). set (v := column n w).
  rewrite (Derive_ext _ (fun t => mat_product n (mat_product n (transpose v) A) v 1 1
    + (t - w j) * (2 * mat_product n A v j 1) + (t - w j) * (t - w j) * mat_product n A e j 1)).
  - rewrite Derive_around. reflexivity.
  - intros t. rewrite column_update. fold e v.
    rewrite transpose_sum, transpose_scale, !product_sum_left, !product_sum_right, !product_scale_left,
      !product_scale_right, !entry_of_sum, !entry_of_scale.
    assert (mat_product n (mat_product n (transpose v) A) e 1 1 = mat_product n A v j 1) as E.
    { rewrite same_form_transposed, !transpose_product, S, transpose_transpose. apply row_of_product, Hj. }
    rewrite E, <- !product_assoc. unfold e at 1 2. rewrite !row_of_product by exact Hj. ring.
Qed.

Opaque terms within count Sum power Kronecker update Derive ex_derive.

(* What the size of a matrix is, and what its properties are. *)
Lemma gram_symmetric : forall (n d : R) (X : R -> R -> R), sized n d X -> symmetric d (mat_product n (transpose X) X).
Proof.
  intros n d X H. split; [exact (sized_product d n d _ _ (sized_transpose _ _ _ H) H) |].
  rewrite transpose_product. reflexivity.
Qed.
Lemma congruence_symmetric : forall (n d : R) (S X : R -> R -> R), symmetric n S -> sized n d X ->
  symmetric d (mat_product n (mat_product n (transpose X) S) X).
Proof.
  intros n d S X [HS E] H. split.
  - apply (sized_product d n d); [apply (sized_product d n n) |]; [apply sized_transpose, H | exact HS | exact H].
  - rewrite !transpose_product, transpose_transpose, E. apply product_assoc.
Qed.
Lemma sum_symmetric : forall (n : R) (A B : R -> R -> R), symmetric n A -> symmetric n B -> symmetric n (mat_sum A B).
Proof. intros n A B [SA TA] [SB TB]. split; [apply sized_sum; assumption | rewrite transpose_sum, TA, TB; reflexivity]. Qed.
Lemma scale_symmetric : forall (n c : R) (A : R -> R -> R), symmetric n A -> symmetric n (mat_scale c A).
Proof. intros n c A [SA TA]. split; [apply sized_scale, SA | rewrite transpose_scale, TA; reflexivity]. Qed.
Lemma identity_symmetric : forall n : R, symmetric n (identity n).
Proof. intros n. split; [apply sized_identity | apply transpose_identity]. Qed.
Lemma identity_invertible : forall n : R, invertible n (identity n).
Proof.
  intros n. split; [apply sized_identity |]. exists (identity n). split; [apply sized_identity |].
  rewrite (identity_left n n) by apply sized_identity. split; reflexivity.
Qed.
Lemma scaled_inverse : forall (n c : R) (A : R -> R -> R), c <> 0 -> invertible n A ->
  are_inverse n (mat_scale c A) (mat_scale (/ c) (inverse n A)).
Proof.
  intros n c A Hc H. split; [apply sized_scale, sized_inverse, H |].
  rewrite !product_scale_left, !product_scale_right, inverse_left, inverse_right, !scale_scale by exact H.
  split; apply equal_entries; intros i j; unfold mat_scale; field; exact Hc.
Qed.
Lemma scale_invertible : forall (n c : R) (A : R -> R -> R), c <> 0 -> invertible n A -> invertible n (mat_scale c A).
Proof.
  intros n c A Hc H. split; [apply sized_scale, H |]. exists (mat_scale (/ c) (inverse n A)). apply scaled_inverse; assumption.
Qed.
Lemma transpose_invertible : forall (n : R) (A : R -> R -> R), invertible n A -> invertible n (transpose A).
Proof.
  intros n A H. split; [apply sized_transpose, H |]. exists (transpose (inverse n A)).
  split; [apply sized_transpose, sized_inverse, H |].
  rewrite <- !transpose_product, inverse_left, inverse_right, transpose_identity by exact H. split; reflexivity.
Qed.
Lemma product_invertible : forall (n : R) (A B : R -> R -> R),
  invertible n A -> invertible n B -> invertible n (mat_product n A B).
Proof.
  intros n A B HA HB. split; [exact (sized_product n n n _ _ (proj1 HA) (proj1 HB)) |].
  exists (mat_product n (inverse n B) (inverse n A)).
  split; [exact (sized_product n n n _ _ (sized_inverse n B HB) (sized_inverse n A HA)) |]. split.
  - rewrite product_assoc, <- (product_assoc n n A B), inverse_right, (identity_right n n), inverse_right; try assumption;
      [reflexivity | apply HA].
  - rewrite product_assoc, <- (product_assoc n n _ _ A), inverse_left, (identity_right n n), inverse_left; try assumption;
      [reflexivity | apply sized_inverse, HB].
Qed.
Lemma scale_definite : forall (n c : R) (A : R -> R -> R),
  0 < c -> positive_definite n A -> positive_definite n (mat_scale c A).
Proof.
  intros n c A Hc [[SA TA] PA]. split; [apply scale_symmetric; split; assumption |].
  intros v N. rewrite product_scale_right, product_scale_left, entry_of_scale. apply Rmult_lt_0_compat; [exact Hc | apply PA, N].
Qed.
Lemma definite_semidefinite : forall (n : R) (S : R -> R -> R), positive_definite n S -> positive_semidefinite n S.
Proof. intros n S P. split; [apply P | intros v H; apply form_nonnegative; assumption]. Qed.
Lemma semidefinite_form : forall (n : R) (S v : R -> R -> R), positive_semidefinite n S -> sized n 1 v ->
  0 <= mat_product n (mat_product n (transpose v) S) v 1 1.
Proof. intros n S v P. apply P. Qed.
Lemma transpose_semidefinite : forall (n : R) (S : R -> R -> R), positive_semidefinite n S -> positive_semidefinite n (transpose S).
Proof. intros n S P. rewrite (symmetric_transpose n S) by apply P. exact P. Qed.
Lemma sum_semidefinite : forall (n : R) (A B : R -> R -> R),
  positive_semidefinite n A -> positive_semidefinite n B -> positive_semidefinite n (mat_sum A B).
Proof.
  intros n A B [[SA TA] PA] [[SB TB] PB]. split; [apply sum_symmetric; split; assumption |].
  intros v H. rewrite product_sum_right, product_sum_left, entry_of_sum. specialize (PA v H). specialize (PB v H). lra.
Qed.
Lemma sum_definite_left : forall (n : R) (A B : R -> R -> R),
  positive_definite n A -> positive_semidefinite n B -> positive_definite n (mat_sum A B).
Proof.
  intros n A B [[SA TA] PA] [[SB TB] PB]. split; [apply sum_symmetric; split; assumption |].
  intros v N. rewrite product_sum_right, product_sum_left, entry_of_sum. specialize (PA v N). specialize (PB v (proj1 N)). lra.
Qed.
Lemma sum_definite_right : forall (n : R) (A B : R -> R -> R),
  positive_semidefinite n A -> positive_definite n B -> positive_definite n (mat_sum A B).
Proof.
  intros n A B [[SA TA] PA] [[SB TB] PB]. split; [apply sum_symmetric; split; assumption |].
  intros v N. rewrite product_sum_right, product_sum_left, entry_of_sum. specialize (PA v (proj1 N)). specialize (PB v N). lra.
Qed.
Lemma scale_semidefinite : forall (n c : R) (A : R -> R -> R),
  0 <= c -> positive_semidefinite n A -> positive_semidefinite n (mat_scale c A).
Proof.
  intros n c A Hc [[SA TA] PA]. split; [apply scale_symmetric; split; assumption |].
  intros v H. rewrite product_scale_right, product_scale_left, entry_of_scale. apply Rmult_le_pos; [exact Hc | apply PA, H].
Qed.
Lemma congruence_semidefinite : forall (n d : R) (S X : R -> R -> R), positive_semidefinite n S -> sized n d X ->
  positive_semidefinite d (mat_product n (mat_product n (transpose X) S) X).
Proof.
  intros n d S X P HX. split; [apply congruence_symmetric; [apply P | exact HX] |].
  intros v H. pose proof (proj2 P _ (sized_product n d 1 X v HX H)) as M.
  rewrite transpose_product in M. rewrite !product_assoc in *. exact M.
Qed.
Lemma gram_semidefinite : forall (n d : R) (X : R -> R -> R), sized n d X ->
  positive_semidefinite d (mat_product n (transpose X) X).
Proof.
  intros n d X HX.
  pose proof (congruence_semidefinite n d _ X (definite_semidefinite _ _ (identity_definite n)) HX) as P.
  rewrite (identity_right n d) in P by (apply sized_transpose, HX). exact P.
Qed.
(* The same for a matrix times its transpose. *)
Lemma outer_definite : forall (n d : R) (X : R -> R -> R), sized n d X ->
  full_column_rank n (transpose X) -> positive_definite n (mat_product d X (transpose X)).
Proof.
  intros n d X HX rank. pose proof (gram_definite d n (transpose X) (sized_transpose _ _ _ HX) rank) as P.
  rewrite transpose_transpose in P. exact P.
Qed.
Lemma outer_semidefinite : forall (n d : R) (X : R -> R -> R), sized n d X ->
  positive_semidefinite n (mat_product d X (transpose X)).
Proof.
  intros n d X HX. pose proof (gram_semidefinite d n (transpose X) (sized_transpose _ _ _ HX)) as P.
  rewrite transpose_transpose in P. exact P.
Qed.
Ltac has_size :=
  lazymatch goal with
  | |- sized _ _ (matrix _ _ _) => apply sized_matrix
  | |- sized _ _ (column _ _) => apply sized_column
  | |- sized _ _ (identity _) => apply sized_identity
  | |- sized _ _ (gradient _ _ _) => apply sized_gradient
  | |- sized _ _ (mat_sum _ _) => apply sized_sum; has_size
  | |- sized _ _ (mat_scale _ _) => apply sized_scale; has_size
  | |- sized _ _ (transpose _) => apply sized_transpose; has_size
  | |- sized _ _ (mat_product ?m _ _) => apply (sized_product _ m); has_size
  | |- sized _ _ (inverse _ _) => apply sized_inverse; matrix_is
  | |- _ => first [assumption | unfolded; has_size]
  end
with matrix_is :=
  lazymatch goal with
  | |- sized _ _ _ => has_size
  | |- invertible _ (inverse _ _) => apply inverse_invertible; matrix_is
  | |- invertible _ (identity _) => apply identity_invertible
  | |- invertible _ (transpose _) => first [assumption | apply transpose_invertible; matrix_is]
  | |- invertible _ (mat_scale _ _) => first [assumption | apply scale_invertible; [nonzero | matrix_is]]
  | |- invertible _ _ =>
      first [assumption | apply definite_invertible; [whole | matrix_is] | apply product_invertible; matrix_is]
  | |- positive_definite _ (identity _) => apply identity_definite
  | |- positive_definite _ (mat_sum _ _) =>
      first [apply sum_definite_left; matrix_is | apply sum_definite_right; matrix_is]
  | |- positive_definite _ (mat_scale _ _) => apply scale_definite; [positive | matrix_is]
  | |- positive_definite _ (inverse _ _) => apply definite_inverse; [whole | matrix_is]
  | |- positive_definite _ (mat_product ?n (mat_product ?n (transpose ?X) ?S) ?X) =>
      apply congruence_definite; [matrix_is | has_size | matrix_is]
  | |- positive_definite _ (mat_product ?n (transpose ?X) ?X) => apply gram_definite; [has_size | matrix_is]
  | |- positive_definite _ (mat_product ?d ?X (transpose ?X)) => apply outer_definite; [has_size | matrix_is]
  | |- positive_semidefinite _ _ =>
      first [assumption | apply definite_semidefinite; matrix_is | apply gram_semidefinite; has_size
            | apply outer_semidefinite; has_size | apply sum_semidefinite; matrix_is
            | apply scale_semidefinite; [side | matrix_is] | apply transpose_semidefinite; matrix_is
            | apply congruence_semidefinite; [matrix_is | has_size]]
  | |- symmetric _ (identity _) => apply identity_symmetric
  | |- symmetric _ (mat_sum _ _) => apply sum_symmetric; matrix_is
  | |- symmetric _ (mat_scale _ _) => apply scale_symmetric; matrix_is
  | |- symmetric _ (inverse _ _) => apply symmetric_inverse; matrix_is
  | |- symmetric _ (mat_product ?n (mat_product ?n (transpose ?X) ?S) ?X) => apply congruence_symmetric; [matrix_is | has_size]
  | |- symmetric _ (mat_product ?n (transpose ?X) ?X) => apply gram_symmetric; has_size
  | |- symmetric _ (mat_product ?d ?X (transpose ?X)) => apply outer_semidefinite; has_size
  | H : positive_definite ?n ?S |- symmetric ?n ?S => exact (proj1 H)
  | H : positive_semidefinite ?n ?S |- symmetric ?n ?S => exact (proj1 H)
  | |- nonzero_matrix ?r _ (mat_product ?d ?X ?v) => apply (nonzero_product r d); [has_size | matrix_is | matrix_is]
  | |- _ => assumption
  end.

Lemma ex_derive_entry_of_product : forall (m : R) (A B : R -> R -> R -> R) (i j v : R),
  (forall k, ex_derive (fun t => A t i k) v) -> (forall k, ex_derive (fun t => B t k j) v) ->
  ex_derive (fun t => mat_product m (A t) (B t) i j) v.
Proof.
  intros m A B i j v HA HB. apply (ex_derive_Sum (fun k t => A t i k * B t k j)). intros k _.
  apply ex_derive_multiply; [apply HA | apply HB].
Qed.
Lemma ex_derive_entry_of_column : forall (n : R) (w : R -> R) (j i k v : R),
  ex_derive (fun t => column n (update w j t) i k) v.
Proof.
  intros n w j i k v. apply (ex_derive_ext (fun t => column n w i k + (t - w j) * column n (Kronecker j) i k)).
  - intros t. rewrite column_update. reflexivity.
  - auto_derive. exact I.
Qed.
Ltac smooth_entry :=
  intros; cbv beta;
  lazymatch goal with
  | |- ex_derive (fun _ => ?c) _ => apply ex_derive_constant
  | |- ex_derive (fun t => mat_product ?m (@?A t) (@?B t) ?i ?j) ?v => apply (ex_derive_entry_of_product m A B i j v); smooth_entry
  | |- ex_derive (fun t => column ?n (update ?w ?j t) ?i ?k) ?v => apply ex_derive_entry_of_column
  | |- ex_derive (fun t => transpose (@?A t) ?i ?j) ?v => change (ex_derive (fun t => A t j i) v); smooth_entry
  | |- ex_derive (fun t => mat_sum (@?A t) (@?B t) ?i ?j) ?v => apply (ex_derive_add (fun t => A t i j) (fun t => B t i j)); smooth_entry
  | |- ex_derive (fun t => mat_scale ?c (@?A t) ?i ?j) ?v =>
      apply (ex_derive_multiply (fun _ => c) (fun t => A t i j)); smooth_entry
  end.

(* What is known of matrices. *)
Ltac known_of_matrices :=
  lazymatch goal with
  | |- sized _ _ _ => has_size
  | |- symmetric _ _ => matrix_is
  | |- invertible _ _ => matrix_is
  | |- positive_definite _ _ => matrix_is
  | |- positive_semidefinite _ _ => matrix_is
  | |- 0 < determinant _ _ => apply determinant_positive; matrix_is
  | |- 0 <= sum_of_squares _ _ => apply sum_of_squares_nonnegative
  | |- 0 < sum_of_squares _ _ => apply sum_of_squares_positive; matrix_is
  | |- 0 <= mat_product ?n (mat_product ?n (transpose ?v) ?S) ?v 1 1 => apply semidefinite_form; [matrix_is | has_size]
  | |- ex_derive (fun t => mat_product _ _ _ _ _) _ => smooth_entry
  end.
Ltac known_0 ::= first [assumption | exact I | known_of_matrices].

(* Matrix algebra: sums of words, numbers in front; a form is equal to its transpose. *)
Lemma product_inverse_left : forall (r n : R) (W A : R -> R -> R), invertible n A -> sized r n W ->
  mat_product n (mat_product n W (inverse n A)) A = W.
Proof. intros r n W A H S. rewrite <- product_assoc, inverse_left by exact H. apply (identity_right n r W S). Qed.
Lemma product_inverse_right : forall (r n : R) (W A : R -> R -> R), invertible n A -> sized r n W ->
  mat_product n (mat_product n W A) (inverse n A) = W.
Proof. intros r n W A H S. rewrite <- product_assoc, inverse_right by exact H. apply (identity_right n r W S). Qed.
Lemma inverse_inverse : forall (n : R) (A : R -> R -> R), invertible n A -> inverse n (inverse n A) = A.
Proof.
  intros n A H. apply inverse_is. split; [apply H |]. split; [apply inverse_left, H | apply inverse_right, H].
Qed.
Lemma inverse_identity : forall n : R, inverse n (identity n) = identity n.
Proof.
  intros n. transitivity (mat_product n (inverse n (identity n)) (identity n)).
  - symmetry. apply (identity_right n n), sized_inverse, identity_invertible.
  - apply inverse_left, identity_invertible.
Qed.
Lemma inverse_scale : forall (n c : R) (A : R -> R -> R), c <> 0 -> invertible n A ->
  inverse n (mat_scale c A) = mat_scale (/ c) (inverse n A).
Proof. intros n c A Hc H. apply inverse_is, scaled_inverse; assumption. Qed.
Global Hint Rewrite sum_of_squares_is product_assoc product_sum_left product_sum_right product_scale_left
  product_scale_right scale_sum scale_scale transpose_transpose transpose_sum transpose_scale transpose_product
  transpose_identity entry_of_sum entry_of_scale : matrices.
Ltac words :=
  repeat first
    [ progress autorewrite with matrices
    | match goal with
      | H : positive_definite ?n ?A |- context [transpose ?A] => rewrite (symmetric_transpose n A (proj1 H))
      | H : positive_semidefinite ?n ?A |- context [transpose ?A] => rewrite (symmetric_transpose n A (proj1 H))
      | H : symmetric ?n ?A |- context [transpose ?A] => rewrite (symmetric_transpose n A H)
      | |- context [transpose (inverse ?n ?A)] => rewrite (transpose_inverse n A) by matrix_is
      | |- context [inverse ?n (inverse ?n ?A)] => rewrite (inverse_inverse n A) by matrix_is
      | |- context [inverse ?n (identity ?n)] => rewrite (inverse_identity n)
      | |- context [inverse ?n (mat_scale ?c ?A)] => rewrite (inverse_scale n c A) by (nonzero || matrix_is)
      | |- context [mat_product ?n (inverse ?n ?A) ?A] => rewrite (inverse_left n A) by matrix_is
      | |- context [mat_product ?n ?A (inverse ?n ?A)] => rewrite (inverse_right n A) by matrix_is
      | |- context [mat_product ?n (mat_product ?n ?W (inverse ?n ?A)) ?A] =>
          erewrite (product_inverse_left _ n W A) by matrix_is
      | |- context [mat_product ?n (mat_product ?n ?W ?A) (inverse ?n ?A)] =>
          erewrite (product_inverse_right _ n W A) by matrix_is
      | |- context [mat_product ?m (mat_product ?n (inverse ?n (mat_product ?m ?A ?B)) ?A) ?B] =>
          rewrite <- (product_assoc n m (inverse n (mat_product m A B)) A B), (inverse_left n) by matrix_is
      | |- context [mat_product ?m (mat_product ?n (mat_product ?n ?W (inverse ?n (mat_product ?m ?A ?B))) ?A) ?B] =>
          rewrite <- (product_assoc n m (mat_product n W (inverse n (mat_product m A B))) A B);
          erewrite (product_inverse_left _ n W) by matrix_is
      | |- context [mat_product ?n (mat_product ?m (mat_product ?n ?W ?A) ?B) (inverse ?n (mat_product ?m ?A ?B))] =>
          rewrite <- (product_assoc n m W A B); erewrite (product_inverse_right _ n W) by matrix_is
      | |- context [mat_product ?n (identity ?n) ?A] => erewrite (identity_left n _ A) by has_size
      | |- context [mat_product ?n ?A (identity ?n)] => erewrite (identity_right n _ A) by has_size
      end ].
Ltac turned_forms :=
  repeat match goal with
  | |- context [mat_product ?m ?A ?B 1 1] =>
      lazymatch goal with
      | _ : mat_product m A B 1 1 = _ |- _ => fail
      | |- _ => pose proof (same_form_transposed (mat_product m A B))
      end
  end;
  repeat match goal with H : mat_product _ _ _ 1 1 = transpose _ 1 1 |- _ => revert H end;
  words; intros;
  repeat match goal with
  | H : mat_product _ _ _ 1 1 = mat_product _ _ _ 1 1 |- _ => try rewrite H in *; clear H
  end.
Ltac matrix_algebra :=
  intros; cbv beta; literal_powers; words;
  lazymatch goal with
  | |- @eq R _ _ => idtac
  | |- _ => apply equal_entries; intros; words
  end;
  turned_forms; rational.

(* The entries of the same matrix, under one sum or the other. *)
Ltac entries :=
  repeat match goal with
  | |- context [matrix ?r ?c ?x ?i ?j] => rewrite (matrix_inside r c x i j) by inside
  | |- context [column ?n ?v ?i 1] => rewrite (column_inside n v i) by inside
  end.
Ltac same_entries :=
  cbv beta;
  lazymatch goal with
  | |- Sum _ _ _ = Sum _ _ _ => apply Sum_ext; intros; same_entries
  | |- _ => entries; first [reflexivity | ring | f_equal; same_entries]
  end.
Ltac entry_by_entry := intros; unfold sum_of_squares, mat_sum, mat_scale, mat_product, transpose; same_entries.
