package main

import (
	"context"
	"encoding/json"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"k8s.io/apiserver/pkg/apis/apiserver"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/group"
	"k8s.io/apiserver/pkg/authentication/request/anonymous"
	"k8s.io/apiserver/pkg/authentication/request/bearertoken"
	"k8s.io/apiserver/pkg/authentication/request/union"
	"k8s.io/apiserver/pkg/authentication/request/x509"
	"k8s.io/apiserver/pkg/authentication/token/tokenfile"
	tokenunion "k8s.io/apiserver/pkg/authentication/token/union"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	genericapiserver "k8s.io/apiserver/pkg/server"
)

type authOptions struct {
	tokenFile, policyFile, clientCA string
	anonymous                       bool
	adminToken                      string
	tokens                          authenticator.Token
}

func (o *authOptions) addFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.tokenFile, "token-auth-file", "", "CSV: token,user,uid,\"group1,group2\"")
	fs.StringVar(&o.policyFile, "policy-file", "", "JSON array of rules {users,groups,verbs,apiGroups,resources,namespaces}; without it everybody with a credential may do everything")
	fs.StringVar(&o.clientCA, "client-ca-file", "", "accept client certificates signed by this CA")
	fs.BoolVar(&o.anonymous, "anonymous-auth", true, "let requests without credentials in as system:anonymous")
}

// public paths are answered to everybody, as in a cluster.
var public = []string{"/healthz", "/livez", "/readyz", "/version"}

// basic is what every authenticated user may do in a cluster: find out what there is, and what it may do itself.
func basic(a authorizer.Attributes) bool {
	if a.IsResourceRequest() {
		return a.GetVerb() == "create" && (a.GetResource() == "selfsubjectaccessreviews" || a.GetResource() == "selfsubjectreviews")
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(a.GetPath(), "/"), "/")
	return a.GetVerb() == "get" && slices.Contains([]string{"api", "apis", "openapi"}, first)
}

type rule struct{ Users, Groups, Verbs, APIGroups, Resources, Namespaces []string }

func has(list []string, v string) bool { return slices.Contains(list, "*") || slices.Contains(list, v) }

func (r rule) allows(a authorizer.Attributes) bool {
	u := a.GetUser()
	who := has(r.Users, u.GetName())
	for _, g := range u.GetGroups() {
		who = who || has(r.Groups, g)
	}
	if !who || !has(r.Verbs, a.GetVerb()) {
		return false
	}
	if !a.IsResourceRequest() {
		return true
	}
	res := a.GetResource()
	if s := a.GetSubresource(); s != "" {
		res += "/" + s
	}
	return has(r.APIGroups, a.GetAPIGroup()) && has(r.Resources, res) && (len(r.Namespaces) == 0 || has(r.Namespaces, a.GetNamespace()))
}

func (o *authOptions) applyTo(c *genericapiserver.Config) error {
	var list []authenticator.Request
	if o.clientCA != "" {
		verify, err := x509.NewStaticVerifierFromFile(o.clientCA)
		if err != nil {
			return err
		}
		list = append(list, x509.NewDynamic(verify, x509.CommonNameUserConversion))
	}
	admin := &user.DefaultInfo{Name: "admin", UID: "admin", Groups: []string{user.SystemPrivilegedGroup}}
	tokens := []authenticator.Token{tokenfile.New(map[string]*user.DefaultInfo{o.adminToken: admin})}
	if o.tokenFile != "" {
		t, err := tokenfile.NewCSV(o.tokenFile)
		if err != nil {
			return err
		}
		tokens = append(tokens, t)
	}
	o.tokens = tokenunion.New(tokens...)
	list = append(list, bearertoken.New(o.tokens))
	if o.anonymous {
		list = append(list, anonymous.NewAuthenticator([]apiserver.AnonymousAuthCondition{}))
	}
	// a bad token is refused, even with anonymous access on
	c.Authentication.Authenticator = group.NewAuthenticatedGroupAdder(union.NewFailOnError(list...))

	var rules []rule
	if o.policyFile != "" {
		b, err := os.ReadFile(o.policyFile)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(b, &rules); err != nil {
			return err
		}
	}
	c.Authorization.Authorizer = authorizer.AuthorizerFunc(func(_ context.Context, a authorizer.Attributes) (authorizer.Decision, string, error) {
		groups := a.GetUser().GetGroups()
		switch {
		case slices.Contains(groups, user.SystemPrivilegedGroup),
			o.policyFile == "" && slices.Contains(groups, user.AllAuthenticated),
			!a.IsResourceRequest() && a.GetVerb() == "get" && slices.Contains(public, a.GetPath()),
			slices.Contains(groups, user.AllAuthenticated) && basic(a):
			return authorizer.DecisionAllow, "", nil
		}
		for _, r := range rules {
			if r.allows(a) {
				return authorizer.DecisionAllow, "", nil
			}
		}
		return authorizer.DecisionNoOpinion, "", nil
	})
	return nil
}
