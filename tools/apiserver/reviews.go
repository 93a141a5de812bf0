package main

import (
	"context"
	"fmt"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
)

// review is a kind that is only created: the answer is in the status of what comes back, nothing is stored.
type review struct {
	gv       schema.GroupVersion
	resource string
	empty    func() runtime.Object
	answer   func(context.Context, runtime.Object) error
}

var _ rest.Creater = (*review)(nil)

func (r *review) New() runtime.Object     { return r.empty() }
func (r *review) Destroy()                {}
func (r *review) NamespaceScoped() bool   { return false }
func (r *review) GetSingularName() string { return r.resource[:len(r.resource)-1] }
func (r *review) Create(ctx context.Context, o runtime.Object, _ rest.ValidateObjectFunc, _ *metav1.CreateOptions) (runtime.Object, error) {
	return o, r.answer(ctx, o.(wrapped).versioned())
}

func newReview[T any, P object[T]](gv schema.GroupVersion, resource string, answer func(context.Context, P) error) *review {
	return &review{
		gv: gv, resource: resource,
		empty:  func() runtime.Object { return &hub[T, P]{} },
		answer: func(ctx context.Context, o runtime.Object) error { return answer(ctx, o.(P)) },
	}
}

func init() {
	must(authenticationv1.AddToScheme(scheme))
	must(authorizationv1.AddToScheme(scheme))
	authn, authz := authenticationv1.SchemeGroupVersion, authorizationv1.SchemeGroupVersion
	addHubObject[authenticationv1.TokenReview](scheme, authn, "TokenReview")
	addHubObject[authenticationv1.SelfSubjectReview](scheme, authn, "SelfSubjectReview")
	addHubObject[authorizationv1.SubjectAccessReview](scheme, authz, "SubjectAccessReview")
	addHubObject[authorizationv1.SelfSubjectAccessReview](scheme, authz, "SelfSubjectAccessReview")
}

// reviews answers who a token belongs to, and what somebody may do, from the same files as the server itself.
func reviews(tokens authenticator.Token, rules authorizer.Authorizer) []*review {
	authn, authz := authenticationv1.SchemeGroupVersion, authorizationv1.SchemeGroupVersion
	return []*review{
		newReview(authn, "tokenreviews", func(ctx context.Context, r *authenticationv1.TokenReview) error {
			answer, ok, err := tokens.AuthenticateToken(ctx, r.Spec.Token)
			r.Status = authenticationv1.TokenReviewStatus{Authenticated: ok && err == nil}
			if err != nil {
				r.Status.Error = err.Error()
			} else if ok {
				r.Status.User = userInfo(answer.User)
				r.Status.User.Groups = append(r.Status.User.Groups, user.AllAuthenticated)
			}
			return nil
		}),
		newReview(authn, "selfsubjectreviews", func(ctx context.Context, r *authenticationv1.SelfSubjectReview) error {
			u, err := requester(ctx)
			if err == nil {
				r.Status.UserInfo = userInfo(u)
			}
			return err
		}),
		newReview(authz, "subjectaccessreviews", func(ctx context.Context, r *authorizationv1.SubjectAccessReview) (err error) {
			who := &user.DefaultInfo{Name: r.Spec.User, UID: r.Spec.UID, Groups: r.Spec.Groups}
			r.Status, err = decide(ctx, rules, who, r.Spec.ResourceAttributes, r.Spec.NonResourceAttributes)
			return err
		}),
		newReview(authz, "selfsubjectaccessreviews", func(ctx context.Context, r *authorizationv1.SelfSubjectAccessReview) error {
			who, err := requester(ctx)
			if err != nil {
				return err
			}
			r.Status, err = decide(ctx, rules, who, r.Spec.ResourceAttributes, r.Spec.NonResourceAttributes)
			return err
		}),
	}
}

func requester(ctx context.Context) (user.Info, error) {
	u, ok := request.UserFrom(ctx)
	if !ok {
		return nil, fmt.Errorf("the request has no user")
	}
	return u, nil
}

func userInfo(u user.Info) authenticationv1.UserInfo {
	info := authenticationv1.UserInfo{Username: u.GetName(), UID: u.GetUID(), Groups: append([]string(nil), u.GetGroups()...)}
	for k, v := range u.GetExtra() {
		if info.Extra == nil {
			info.Extra = map[string]authenticationv1.ExtraValue{}
		}
		info.Extra[k] = authenticationv1.ExtraValue(v)
	}
	return info
}

func decide(ctx context.Context, rules authorizer.Authorizer, who user.Info, res *authorizationv1.ResourceAttributes, path *authorizationv1.NonResourceAttributes) (authorizationv1.SubjectAccessReviewStatus, error) {
	a := authorizer.AttributesRecord{User: who}
	switch {
	case res != nil:
		a.ResourceRequest = true
		a.Verb, a.Namespace, a.APIGroup, a.APIVersion = res.Verb, res.Namespace, res.Group, res.Version
		a.Resource, a.Subresource, a.Name = res.Resource, res.Subresource, res.Name
	case path != nil:
		a.Verb, a.Path = path.Verb, path.Path
	default:
		return authorizationv1.SubjectAccessReviewStatus{}, fmt.Errorf("a review needs resourceAttributes or nonResourceAttributes")
	}
	decision, reason, err := rules.Authorize(ctx, a)
	return authorizationv1.SubjectAccessReviewStatus{Allowed: decision == authorizer.DecisionAllow, Reason: reason}, err
}
