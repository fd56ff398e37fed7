From Coq Require Import Reals Lra Lia ZArith List FunctionalExtensionality.
From Coquelicot Require Import Coquelicot.
Require Import rules.
Import ListNotations.
Open Scope R_scope.

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
Global Opaque terms within count integer Sum Product power Kronecker sigmoid softplus factorial digamma update.
Global Opaque Req_EM_T exp ln cos sin Rabs Rmax sign PI Derive Derive_n ex_derive ex_derive_n.

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
  | |- 0 < Rmax _ _ =>
      first [eapply Rlt_le_trans; [| apply Rmax_l]; positive | eapply Rlt_le_trans; [| apply Rmax_r]; positive]
  | |- 0 < 1 + (-1) * _ => first [apply complement_positive; below_1 | known | arithmetic]
  | |- 0 < ?a + ?b =>
      first
        [ apply Rplus_lt_le_0_compat; [positive | nonnegative]
        | apply Rplus_le_lt_0_compat; [nonnegative | positive]
        | known | lra | arithmetic ]
  | H : gamma_function ?G |- 0 < ?G _ => apply (Gamma_positive G); [exact H | positive]
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
  | |- 0 <= 1 + (-1) * _ => first [left; apply complement_positive; below_1 | known | arithmetic]
  | |- 0 <= ?u + (-1) * 1 + (-1) * ln ?u => apply tangent_above_logarithm; positive
  | |- 0 <= _ + _ => first [apply Rplus_le_le_0_compat; nonnegative | known | lra | arithmetic]
  | |- 0 <= Sum _ _ _ => first [apply Sum_nonnegative; intros; cbv beta; nonnegative | known]
  | |- 0 <= Product _ _ _ => first [apply Product_nonnegative; intros; cbv beta; nonnegative | known]
  | |- 0 <= (if ?c then _ else _) => destruct c; nonnegative
  | |- 0 <= Rmax _ _ =>
      first [eapply Rle_trans; [| apply Rmax_l]; nonnegative | eapply Rle_trans; [| apply Rmax_r]; nonnegative]
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
  | |- exp _ < 1 => apply exp_below_1; negative
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
  try match goal with _ : gamma_function ?G |- _ => arguments_of G; arguments_of (digamma G) end;
  arguments_of cos; arguments_of sin; arguments_of Rabs; arguments_of sign; arguments_of sigmoid;
  arguments_of softplus; arguments_of factorial; arguments_of exp; arguments_of ln.

Ltac laws_forward := logarithms; powers; logarithms; literal_powers; exponentials (@nil R).
Ltac finish :=
  first
    [ solve [unfold Exp; rational]
    | solve [progress roots; unfold Exp; first [rational | rational_with_root]]
    | solve [unfold Exp; progress equal_arguments; rational] ].
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
Ltac laws := intros; cbv beta; first [solve [laws_here] | solve [unfolded; laws_here]].
