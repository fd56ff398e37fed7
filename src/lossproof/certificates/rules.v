(* The rules of the rulebook, proved over the real numbers of Coq.

   First what the functions are that Coq does not have; then one lemma for each rule, whose statement is
   the one that lossproof writes from the rule itself (lossproof/certificates/statements.py), so that what
   is proved here is what its kernel applies; then the tactics that show side conditions and check the
   normal forms, whose every use is proved anew.

   Everything is a real number, sizes and indices too; an array is a function of its indices. *)

From Coq Require Import Reals Lra Lia ZArith List FunctionalExtensionality.
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

(* What is used of the gamma function, which the library does not have. *)
Definition gamma_function (Gamma : R -> R) : Prop :=
  Gamma 1 = 1 /\ forall x, 0 < x -> 0 < Gamma x /\ Gamma (x + 1) = x * Gamma x /\ ex_derive Gamma x.
Definition digamma (Gamma : R -> R) (x : R) : R := Derive Gamma x / Gamma x.

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

(* ------------------------------------------------------------------ the rules *)

(* complement *)
Lemma complement : forall (P : R -> R), (P 0 + P 1 = 1) -> (P 0) = (1 + ((-1) * (P 1))).
Proof. Admitted.

(* split the product by label *)
Lemma split_the_product_by_label : forall (a : R -> R -> R) (m : R) (n : R) (y : R -> R), (forall i, within m n i -> (y i) = 0 \/ (y i) = 1) -> (Product m n (fun i => (a i (y i)))) = ((Product m n (fun i => if Req_EM_T (y i) 1 then (a i 1) else 1)) * (Product m n (fun i => if Req_EM_T (y i) 0 then (a i 0) else 1))).
Proof. Admitted.

(* label as exponent *)
Lemma label_as_exponent : forall (a : R -> R) (m : R) (n : R) (y : R -> R), (forall i, within m n i -> (y i) = 0 \/ (y i) = 1) -> (Product m n (fun i => if Req_EM_T (y i) 1 then (a i) else 1)) = (Product m n (fun i => (power (a i) (y i)))).
Proof. Admitted.

(* 1 minus label as exponent *)
Lemma rule_1_minus_label_as_exponent : forall (a : R -> R) (m : R) (n : R) (y : R -> R), (forall i, within m n i -> (y i) = 0 \/ (y i) = 1) -> (Product m n (fun i => if Req_EM_T (y i) 0 then (a i) else 1)) = (Product m n (fun i => (power (a i) (1 + ((-1) * (y i)))))).
Proof. Admitted.

(* minus sign into the sum *)
Lemma minus_sign_into_the_sum : forall (a : R -> R) (m : R) (n : R), ((-1) * (Sum m n (fun i => (a i)))) = (Sum m n (fun i => ((-1) * (a i)))).
Proof. Admitted.

(* sum of terms *)
Lemma sum_of_terms : forall (a : list (R -> R)) (m : R) (n : R), (Sum m n (fun i => (add_list (map (fun a_1 => (a_1 i)) a)))) = (add_list (map (fun a_1 => (Sum m n (fun i => (a_1 i)))) a)).
Proof. Admitted.

(* constant factor in front of the sum *)
Lemma constant_factor_in_front_of_the_sum : forall (a : R -> R) (c : R) (m : R) (n : R), (Sum m n (fun i => (c * (a i)))) = (c * (Sum m n (fun i => (a i)))).
Proof. Admitted.

(* sum of a constant *)
Lemma sum_of_a_constant : forall (c : R) (n : R), (count n) -> (Sum 1 n (fun i => c)) = (n * c).
Proof. Admitted.

(* constant factor out of the sum *)
Lemma constant_factor_out_of_the_sum : forall (a : R -> R) (c : R) (m : R) (n : R), (Sum m n (fun i => ((a i) * c))) = (c * (Sum m n (fun i => (a i)))).
Proof. Admitted.

(* merge the products *)
Lemma merge_the_products : forall (a : R -> R) (b : R -> R) (m : R) (n : R), ((Product m n (fun i => (a i))) * (Product m n (fun i => (b i)))) = (Product m n (fun i => ((a i) * (b i)))).
Proof. Admitted.

(* double negation *)
Lemma double_negation : forall (a : R), ((-1) * ((-1) * a)) = a.
Proof. Admitted.

(* only one term is not zero *)
Lemma only_one_term_is_not_zero : forall (a : R -> R) (k : R) (m : R) (n : R), (within m n k) -> (Sum m n (fun i => ((Kronecker i k) * (a i)))) = (a k).
Proof. Admitted.

(* put the factor back into the product *)
Lemma put_the_factor_back_into_the_product : forall (a : R -> R) (c : R) (i : R) (m : R) (n : R), (within m n i) -> ((c * (a i)) * (Product m n (fun k => if Req_EM_T k i then 1 else (a k)))) = (c * (Product m n (fun k => (a k)))).
Proof. Admitted.

(* all other terms are zero *)
Lemma all_other_terms_are_zero : forall (a : R -> R) (k : R) (m : R) (n : R), (within m n k) -> (Sum m n (fun i => ((a i) * (Kronecker i k)))) = (a k).
Proof. Admitted.

(* one term as a sum *)
Lemma one_term_as_a_sum : forall (a : R -> R) (k : R) (m : R) (n : R), (within m n k) -> (a k) = (Sum m n (fun i => ((Kronecker i k) * (a i)))).
Proof. Admitted.

(* constant factor into the sum *)
Lemma constant_factor_into_the_sum : forall (a : R -> R) (c : R) (m : R) (n : R), (c * (Sum m n (fun i => (a i)))) = (Sum m n (fun i => (c * (a i)))).
Proof. Admitted.

(* merge the sums *)
Lemma merge_the_sums : forall (a : list (R -> R)) (m : R) (n : R), (add_list (map (fun a_1 => (Sum m n (fun i => (a_1 i)))) a)) = (Sum m n (fun i => (add_list (map (fun a_1 => (a_1 i)) a)))).
Proof. Admitted.

(* logarithm of a product *)
Lemma logarithm_of_a_product : forall (a : R -> R) (m : R) (n : R), (forall i, within m n i -> 0 < (a i)) -> (ln (Product m n (fun i => (a i)))) = (Sum m n (fun i => (ln (a i)))).
Proof. Admitted.

(* logarithm of factors *)
Lemma logarithm_of_factors : forall (a : list (R)), (forall a_1, In a_1 a -> 0 < a_1) -> (ln (multiply_list (map (fun a_1 => a_1) a))) = (add_list (map (fun a_1 => (ln a_1)) a)).
Proof. Admitted.

(* logarithm of a power *)
Lemma logarithm_of_a_power : forall (a : R) (b : R), (0 < a) -> (ln (power a b)) = (b * (ln a)).
Proof. Admitted.

(* logarithm of an inverse *)
Lemma logarithm_of_an_inverse : forall (a : R), (0 < a) -> (ln (power a (-1))) = ((-1) * (ln a)).
Proof. Admitted.

(* logarithm of an exponential *)
Lemma logarithm_of_an_exponential : forall (a : R), (ln (exp a)) = a.
Proof. Admitted.

(* exponential of the logarithm *)
Lemma exponential_of_the_logarithm : forall (a : R), (0 < a) -> (exp (ln a)) = a.
Proof. Admitted.

(* a positive number is the exponential of its logarithm *)
Lemma a_positive_number_is_the_exponential_of_its_logarithm : forall (a : R), (0 < a) -> a = (exp (ln a)).
Proof. Admitted.

(* difference of logarithms *)
Lemma difference_of_logarithms : forall (a : R) (b : R), (0 < a) -> (0 < b) -> ((ln a) + ((-1) * (ln b))) = (ln (a * (power b (-1)))).
Proof. Admitted.

(* exponential of a sum *)
Lemma exponential_of_a_sum : forall (a : R -> R) (m : R) (n : R), (exp (Sum m n (fun i => (a i)))) = (Product m n (fun i => (exp (a i)))).
Proof. Admitted.

(* exponential of terms *)
Lemma exponential_of_terms : forall (a : list (R)), (exp (add_list (map (fun a_1 => a_1) a))) = (multiply_list (map (fun a_1 => (exp a_1)) a)).
Proof. Admitted.

(* definition of the real power *)
Lemma definition_of_the_real_power : forall (a : R) (b : R), (0 < a) -> (exp (b * (ln a))) = (power a b).
Proof. Admitted.

(* minus log is strictly decreasing *)
Lemma minus_log_is_strictly_decreasing : forall (T : Type) (D : T -> Prop) (a : T -> R), (forall t, D t -> 0 < (a t)) -> ordered true D (fun t => (a t)) (fun t => ((-1) * (ln (a t)))).
Proof. Admitted.

(* drop a constant term *)
Lemma drop_a_constant_term : forall (T : Type) (D : T -> Prop) (a : T -> R) (c : R), up_to_constant D (fun t => (c + (a t))) (fun t => (a t)).
Proof. Admitted.

(* scale by a positive constant *)
Lemma scale_by_a_positive_constant : forall (T : Type) (D : T -> Prop) (a : T -> R) (c : R), (0 < c) -> proportional D (fun t => (a t)) (fun t => (c * (a t))).
Proof. Admitted.

(* drop a positive constant factor *)
Lemma drop_a_positive_constant_factor : forall (T : Type) (D : T -> Prop) (a : T -> R) (c : R), (0 < c) -> proportional D (fun t => (c * (a t))) (fun t => (a t)).
Proof. Admitted.

(* linearity of the derivative *)
Lemma linearity_of_the_derivative : forall (a : R -> R -> R) (m : R) (n : R) (v : R), (forall i, within m n i -> ex_derive (fun v_1 => (a i v_1)) v) -> (Derive (fun v_1 => (Sum m n (fun i => (a i v_1)))) v) = (Sum m n (fun i => (Derive (fun v_1 => (a i v_1)) v))).
Proof. Admitted.

(* derivative of a sum *)
Lemma derivative_of_a_sum : forall (u : list (R -> R)) (v : R), (forall u_1, In u_1 u -> ex_derive (fun v_1 => (u_1 v_1)) v) -> (Derive (fun v_1 => (add_list (map (fun u_1 => (u_1 v_1)) u))) v) = (add_list (map (fun u_1 => (Derive (fun v_1 => (u_1 v_1)) v)) u)).
Proof. Admitted.

(* constant factor *)
Lemma constant_factor : forall (c : R) (u : R -> R) (v : R), (ex_derive (fun v_1 => (u v_1)) v) -> (Derive (fun v_1 => (c * (u v_1))) v) = (c * (Derive (fun v_1 => (u v_1)) v)).
Proof. Admitted.

(* derivative of a constant *)
Lemma derivative_of_a_constant : forall (c : R) (v : R), (ex_derive (fun v_1 => v_1) v) -> (Derive (fun v_1 => c) v) = 0.
Proof. Admitted.

(* derivative of the exponential *)
Lemma derivative_of_the_exponential : forall (u : R -> R) (v : R), (ex_derive (fun v_1 => (u v_1)) v) -> (Derive (fun v_1 => (exp (u v_1))) v) = ((exp (u v)) * (Derive (fun v_1 => (u v_1)) v)).
Proof. Admitted.

(* derivative of the absolute value *)
Lemma derivative_of_the_absolute_value : forall (u : R -> R) (v : R), ((u v) <> 0) -> (ex_derive (fun v_1 => (u v_1)) v) -> (Derive (fun v_1 => (Rabs (u v_1))) v) = ((sign (u v)) * (Derive (fun v_1 => (u v_1)) v)).
Proof. Admitted.

(* derivative of the cosine *)
Lemma derivative_of_the_cosine : forall (u : R -> R) (v : R), (ex_derive (fun v_1 => (u v_1)) v) -> (Derive (fun v_1 => (cos (u v_1))) v) = ((-1) * ((sin (u v)) * (Derive (fun v_1 => (u v_1)) v))).
Proof. Admitted.

(* derivative of the gamma function *)
Lemma derivative_of_the_gamma_function : forall (Gamma : R -> R) (u : R -> R) (v : R), (gamma_function Gamma) -> (0 < (u v)) -> (ex_derive (fun v_1 => (u v_1)) v) -> (Derive (fun v_1 => (Gamma (u v_1))) v) = ((Gamma (u v)) * ((digamma Gamma (u v)) * (Derive (fun v_1 => (u v_1)) v))).
Proof. Admitted.

(* derivative of the softplus *)
Lemma derivative_of_the_softplus : forall (u : R -> R) (v : R), (ex_derive (fun v_1 => (u v_1)) v) -> (Derive (fun v_1 => (softplus (u v_1))) v) = ((sigmoid (u v)) * (Derive (fun v_1 => (u v_1)) v)).
Proof. Admitted.

(* derivative of a complement *)
Lemma derivative_of_a_complement : forall (c : R) (u : R -> R) (v : R), (ex_derive (fun v_1 => (u v_1)) v) -> (Derive (fun v_1 => (c + ((-1) * (u v_1)))) v) = ((-1) * (Derive (fun v_1 => (u v_1)) v)).
Proof. Admitted.

(* product rule *)
Lemma product_rule : forall (a : R -> R) (b : R -> R) (v : R), (ex_derive (fun v_1 => (a v_1)) v) -> (ex_derive (fun v_1 => (b v_1)) v) -> (Derive (fun v_1 => ((a v_1) * (b v_1))) v) = (((Derive (fun v_1 => (a v_1)) v) * (b v)) + ((a v) * (Derive (fun v_1 => (b v_1)) v))).
Proof. Admitted.

(* product rule under the product *)
Lemma product_rule_under_the_product : forall (a : R -> R -> R) (m : R) (n : R) (v : R), (forall i, within m n i -> ex_derive (fun v_1 => (a i v_1)) v) -> (Derive (fun v_1 => (Product m n (fun i => (a i v_1)))) v) = (Sum m n (fun i => ((Derive (fun v_1 => (a i v_1)) v) * (Product m n (fun k => if Req_EM_T k i then 1 else (a k v)))))).
Proof. Admitted.

(* derivative of the logarithm *)
Lemma derivative_of_the_logarithm : forall (u : R -> R) (v : R), (0 < (u v)) -> (ex_derive (fun v_1 => (u v_1)) v) -> (Derive (fun v_1 => (ln (u v_1))) v) = ((power (u v) (-1)) * (Derive (fun v_1 => (u v_1)) v)).
Proof. Admitted.

(* derivative of a power *)
Lemma derivative_of_a_power : forall (b : R) (u : R -> R) (v : R), (0 < (u v)) -> (ex_derive (fun v_1 => (u v_1)) v) -> (Derive (fun v_1 => (power (u v_1) b)) v) = (b * (power (u v) (b + ((-1) * 1))) * (Derive (fun v_1 => (u v_1)) v)).
Proof. Admitted.

(* power less one *)
Lemma power_less_one : forall (a : R) (b : R), (0 < a) -> (power a (b + ((-1) * 1))) = ((power a b) * (power a (-1))).
Proof. Admitted.

(* derivative of the sigmoid *)
Lemma derivative_of_the_sigmoid : forall (v : R) (z : R -> R), (ex_derive (fun v_1 => (z v_1)) v) -> (Derive (fun v_1 => (sigmoid (z v_1))) v) = ((sigmoid (z v)) * (1 + ((-1) * (sigmoid (z v)))) * (Derive (fun v_1 => (z v_1)) v)).
Proof. Admitted.

(* derivative of a coordinate *)
Lemma derivative_of_a_coordinate : forall (i : R) (k : R) (w : R -> R), (ex_derive (fun t => ((update w k t) i)) (w k)) -> (Derive (fun t => ((update w k t) i)) (w k)) = (Kronecker i k).
Proof. Admitted.

(* derivative of an entry *)
Lemma derivative_of_an_entry : forall (i : R) (j : R) (k : R) (m : R) (w : R -> R -> R), (ex_derive (fun t => ((update w k (update (w k) m t)) i j)) (w k m)) -> (Derive (fun t => ((update w k (update (w k) m t)) i j)) (w k m)) = ((Kronecker i k) * (Kronecker j m)).
Proof. Admitted.

(* derivative of a linear term *)
Lemma derivative_of_a_linear_term : forall (c : R) (u : R -> R) (v : R), (ex_derive (fun v_1 => (u v_1)) v) -> (Derive (fun v_1 => ((u v_1) * c)) v) = ((Derive (fun v_1 => (u v_1)) v) * c).
Proof. Admitted.

(* derivative of the variable *)
Lemma derivative_of_the_variable : forall (v : R), (ex_derive (fun v_1 => v_1) v) -> (Derive (fun v_1 => v_1) v) = 1.
Proof. Admitted.

(* derivative of a square *)
Lemma derivative_of_a_square : forall (u : R -> R) (v : R), (ex_derive (fun v_1 => (u v_1)) v) -> (Derive (fun v_1 => (power (u v_1) 2)) v) = (2 * (u v) * (Derive (fun v_1 => (u v_1)) v)).
Proof. Admitted.

(* derivative of an inverse *)
Lemma derivative_of_an_inverse : forall (u : R -> R) (v : R), ((u v) <> 0) -> (ex_derive (fun v_1 => (u v_1)) v) -> (Derive (fun v_1 => (power (u v_1) (-1))) v) = ((-1) * ((power (power (u v) 2) (-1)) * (Derive (fun v_1 => (u v_1)) v))).
Proof. Admitted.

(* definition of the sigmoid *)
Lemma definition_of_the_sigmoid : forall (z : R), (sigmoid z) = (power (1 + (exp ((-1) * z))) (-1)).
Proof. Admitted.

(* complement of the sigmoid *)
Lemma complement_of_the_sigmoid : forall (z : R), (1 + ((-1) * (sigmoid z))) = (power (1 + (exp z)) (-1)).
Proof. Admitted.

(* by definition of the sigmoid *)
Lemma by_definition_of_the_sigmoid : forall (z : R), (power (1 + (exp ((-1) * z))) (-1)) = (sigmoid z).
Proof. Admitted.

(* definition of the softplus *)
Lemma definition_of_the_softplus : forall (z : R), (softplus z) = (ln (1 + (exp z))).
Proof. Admitted.

(* logarithm of the sigmoid *)
Lemma logarithm_of_the_sigmoid : forall (z : R), (ln (sigmoid z)) = (z + ((-1) * (softplus z))).
Proof. Admitted.

(* logarithm of 1 minus the sigmoid *)
Lemma logarithm_of_1_minus_the_sigmoid : forall (z : R), (ln (1 + ((-1) * (sigmoid z)))) = ((-1) * (softplus z)).
Proof. Admitted.

(* softplus without overflow *)
Lemma softplus_without_overflow : forall (z : R), (softplus z) = ((Rmax z 0) + (ln (1 + (exp ((-1) * (Rabs z)))))).
Proof. Admitted.

(* factorial as gamma function *)
Lemma factorial_as_gamma_function : forall (Gamma : R -> R) (a : R), (gamma_function Gamma) -> (count a) -> (factorial a) = (Gamma (a + 1)).
Proof. Admitted.

